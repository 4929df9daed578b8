"""What a main task costs a person is measured on the pages that a phone shows, and a longer one is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.talks import table
from bot.conversation.nodes import Menu
from bot.settings import ConfigError
from bot.words.catalogues import Catalogues
from bot.words.languages import LANGUAGES
from bot.words.tasks import Cost, Task, tasks, words_of
from bot.words.verify import Samples, Verifier
from flows import FLOWS
from flows.report import HELPERS
from tests.support.longest import LONGEST
from tests.support.phone import Phone
from tests.support.small_world import WORDS

SMS = frozenset({"sms"})
BY_NAME = {task.name: task for task in tasks()}
SHORTEST = BY_NAME["the shortest kept report"]


def with_tasks(*chosen: Task, words: Catalogues = WORDS) -> Verifier:
    return Verifier(FLOWS, words, LONGEST, SMS, chosen)


def dialled(task: Task, language: str) -> tuple[int, int]:
    """The pages and keys of somebody who dials and does the task, in the small world of the tests."""
    phone, pages, keys = Phone(), 1, 0
    flow, last = task.last.split(".")
    after = getattr(FLOWS.flows[flow].nodes[last], "then", "")  # where its last line stands above another talk
    while phone.turn.state.flow != after and (phone.turn.state.flow, phone.turn.screen.name) != (flow, last):
        screen, state = phone.turn.screen, phone.turn.state
        wanted = task.ways.get(f"{state.flow}.{screen.name}", "")
        if screen.name == "language":
            wanted = "hi" if language == "hi_Latn" else language
        elif screen.name == "script":
            wanted = "yes" if language == "hi" else "no"
        elif not isinstance(FLOWS.flows[state.flow].nodes[screen.name], Menu):
            wanted = state.shown[0]
        phone.says(str(state.shown.index(wanted) + 1) if wanted in state.shown else "9")
        pages, keys = pages + 1, keys + 1
    return pages, keys


def test_every_main_task_of_every_role_is_within_its_limit(verifier: Verifier) -> None:
    assert {task.role for task in verifier.tasks} == {
        "woman", "champion", "oversight", "leader", "advocate", "coordinator",
    }  # fmt: skip
    assert [fault for fault in verifier.faults() if "limit" in fault] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_counts_the_pages_and_keys_of_a_woman_who_dials_the_shortest_report(language: str) -> None:
    doctor = HELPERS["health"]
    short = {"org": Phone().world.organisation, "health": "x", "danger": "x", "whom": doctor, "readers": doctor}
    checks = Verifier(FLOWS, WORDS, Samples({**LONGEST.values, **short}, ["Buyenzi", "Bwiza"]), SMS)
    cost = checks.cost(SHORTEST, language)
    assert (cost.pages, cost.keys) == dialled(SHORTEST, language)


def test_what_is_read_is_the_words_up_to_the_key_that_she_presses() -> None:
    help = Task("help", "woman", "language", "help.kind", {"home.here": "no", "home.want": "help"}, {})
    checks = Verifier(FLOWS, WORDS, replace(LONGEST, languages=("rn", "fr", "en", "hi")), SMS, (help,))
    language = 6 + 4  # Language / Langue / Ururimi, and three names
    want = 9 + 4  # What do you want? Meetings, Where to get help
    kind = 16 + 4  # all of it: nothing is chosen there
    assert words_of("1 Yes\n2 I don't know 14:30") == 4
    cost = checks.cost(help, "en")
    assert cost == Cost(3, 2, language + want + kind, cost.whole)
    assert cost.whole > cost.seconds


def test_a_longer_text_is_found_in_the_language_in_which_it_takes_her_too_long() -> None:
    entries = dict(WORDS.entries["rn"])
    entries["report.who.title"] = replace(entries["report.who.title"], text="ni nde " * 30)
    longer = Catalogues({**WORDS.entries, "rn": entries}, WORDS.before_choice, WORDS.english)
    found = [fault for fault in with_tasks(SHORTEST, words=longer).faults() if "limit" in fault]
    assert len(found) == 1
    assert found[0].startswith("the shortest kept report in rn takes 10 pages, 9 keys,")


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"report.what": "theft"}, "what does not offer 'theft'"),
        ({"report.now": "yes"}, "never comes to report.now"),
        ({"report.reach": "maybe"}, "report.reach has no way 'maybe'"),
        ({"report.send": "no"}, "ends at report.unsent and not at report.sent"),
    ],
)
def test_a_row_that_no_longer_fits_the_talks_is_named_with_its_screen(ways: dict[str, str], said: str) -> None:
    found = with_tasks(replace(SHORTEST, ways={**SHORTEST.ways, **ways})).faults()
    assert [fault for fault in found if said in fault], found


def test_a_screen_that_leaves_a_choice_must_be_in_the_row() -> None:
    ways = {name: way for name, way in SHORTEST.ways.items() if name != "report.who"}
    assert (
        "locales/tasks.toml: the shortest kept report: what is chosen at report.who?"
        in with_tasks(replace(SHORTEST, ways=ways)).faults()
    )


def test_a_language_without_a_limit_is_named() -> None:
    (fault,) = with_tasks(
        replace(SHORTEST, limits={**SHORTEST.limits, "en": [99, 99, 999]} | {"rn": [1, 1, 1]})
    ).faults()
    assert fault.endswith("1 pages, 1 keys, 1 s is the limit of locales/tasks.toml")
    without = {language: most for language, most in SHORTEST.limits.items() if language != "fr"}
    (fault,) = with_tasks(replace(SHORTEST, limits=without)).faults()
    assert "has no limit in fr" in fault


def test_a_table_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    for text in ("[[task]\n", "[[task]]\nname = 'x'\nspeed = 3\n", "task = 4\n"):
        file = tmp_path / f"{len(text)}.toml"
        file.write_text(text)
        with pytest.raises(ConfigError, match=r"\.toml cannot be read"):
            tasks(file)


def test_the_printed_table_names_what_takes_longer_than_the_design_asks(capsys: pytest.CaptureFixture[str]) -> None:
    table(with_tasks(SHORTEST))
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith(SHORTEST.name) and " hi " in line)
    assert "12/11/145" in line


def test_who_is_faster_than_the_limit_is_not_over_it() -> None:
    cost = Cost(5, 4, 60, 90)
    assert not cost.over((5, 4, 60))
    assert cost.over((4, 9, 99))
    assert cost.over((5, 3, 99))
    assert cost.over((5, 4, 59))
    assert cost.over([4])
