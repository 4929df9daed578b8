"""Golden conversations: whole talks as the phone shows them, for women's organisations to read and sign off.

A line `> 1` is what a person types; what follows is the page, then a blank line. `#` lines are for the reader, but
some set the scene: `# champion` lets the number of somebody who answers dial, whose language is known, `# has taken
one` gives her an open report, `# something waits for her word` has somebody propose something, `# was given it` makes
that one another's, `# has no PIN` lets her choose one, `# no woman` sends the women officers home, `# nobody could
help` closes so what oversight reads, `# her training is over` lets her open nothing, `# was asked` has a question wait
for the woman, `# may go to another zone` asks her that, `# is answered` (closed, mixed) lets her say whether it helped
and open it again, `# two services` did it, `# in India` tells her the law there, `# meeting: sign` (come, release,
stop, own, count, public) shows a meeting of which that may be done, `# it is over` after its end, `# several have this
phone` lets two share it, `# something is promised` what was, `# nobody is on duty` sends all home, `# it is urgent`
has a child tell what stands first for a reader, and `# sms` writes instead of dialling.
`pytest --update` rewrites the pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.words.languages import LANGUAGES
from flows import FLOWS
from tests.support.phone import Phone
from tests.support.small_world import World

TALKS = sorted((ROOT / "tests" / "talks").glob("*.txt"))
SCENARIOS = {path.name.split(".")[0] for path in TALKS}


def talked(path: Path, passed: set[str] | None = None) -> str:
    """The talk of a file as it goes today; the names of the flows through which it goes are added to `passed`."""
    notes = [line for line in path.read_text().splitlines() if line.startswith("#")]
    typed = [line[2:] for line in path.read_text().splitlines() if line.startswith(">")]
    language, flow = path.name.split(".")[1], "sms" if "# sms" in notes else ""
    world = World(champion="# champion" in notes, no_woman="# no woman" in notes)
    world.fresh = "# has no PIN" in notes
    world.mine = ("4",) if "# has taken one" in notes else ()
    for note in notes:
        if note.startswith("# meeting: "):
            world.may, world.desks = note.removeprefix("# meeting: "), "meetings"
    world.promised = "# something is promised" in notes
    world.must_report_children = "# in India" in notes
    world.moves = "# may go to another zone" in notes
    world.asked = "# something waits for her word" in notes
    world.shared = "# several have this phone" in notes
    world.past = "# it is over" in notes
    world.given_on = "# was given it" in notes
    world.unhelped = "# nobody could help" in notes
    world.untrained = "# her training is over" in notes
    world.red = "# it is urgent" in notes
    world.off_duty = "# nobody is on duty" in notes
    world.watches = "# reads for oversight" in notes
    world.case = "bound" if "# the law has the police told" in notes else "own"
    world.question = "question" if "# was asked" in notes else "none"
    for state in ("answered", "closed", "mixed"):
        world.question = state if f"# is {state}" in notes else world.question
    world.closed_by = ("health", "police") if "# two services" in notes else ("health",)
    phone = Phone(world, language=language if world.champion or flow else "", flow=flow)
    lines = [*notes, f"> {typed[0]}", phone.sees, ""]
    for text in typed[1:]:
        assert not phone.turn.ends, f"{path.name}: the talk ended before {text!r}"
        lines += [f"> {text}".rstrip(), phone.says(text), ""]
        if passed is not None:
            passed.add(phone.turn.screen.flow)
    assert phone.turn.ends, f"{path.name}: the talk does not end"
    return "\n".join(lines)


@pytest.mark.parametrize("path", TALKS, ids=lambda path: path.name.removesuffix(".txt"))
def test_the_talk_goes_as_it_was_signed_off(path: Path, request: pytest.FixtureRequest) -> None:
    today = talked(path)
    if request.config.getoption("--update"):
        path.write_text(today)
    assert today == path.read_text(), "the talk has changed: if you meant it, ./ops/test --update tests/flows"


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_talk_stands_in_all_five_versions(scenario: str) -> None:
    assert {path.name.split(".")[1] for path in TALKS if path.name.startswith(scenario + ".")} == set(LANGUAGES)


def test_every_flow_has_a_talk() -> None:
    passed: set[str] = set()
    for path in TALKS:
        if path.name.endswith(".en.txt"):
            talked(path, passed)
    assert {*FLOWS.flows} == passed
