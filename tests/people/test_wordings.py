"""Two people of different organisations, each with her own PIN, make a sheet what phones say; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select, update

from app import create_app
from bot.people import wordings
from bot.services import unapproved_texts
from bot.storage.outbox import now
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event
from bot.storage.tables.words import Wording
from bot.storage.wordings import Wordings
from bot.upkeep import doctor
from bot.upkeep.health import Health
from bot.words import binding, catalogues
from bot.words.catalogues import Entry
from bot.words.sheet import Proposed, digest
from tests.support.doors import NO_REDIS
from tests.support.office import Office
from tests.support.small_world import WORDS
from tests.support.staff import share_a_card

KEY, NEW, PIN = "report.who.title", "Vyabaye kuri nde?", "246810"
TEXTS = len(WORDS.entries["rn"])  # every language has all of them


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, redis_url=NO_REDIS)
    yield office
    office.services.engine.dispose()


def rows(office: Office, language: str = "rn", **new: str) -> list[Proposed]:
    """A sheet of every text, as it is but for those that are `new`; a key's dots are underscores."""
    words, found = office.services.words, list[Proposed]()
    for key, entry in words.base[language].items():
        own = new.get(key.replace(".", "_"))
        found.append(Proposed(key, words.english[key], own or entry.text, entry.back or "x", "", own is not None))
    return found


def propose(office: Office, given: Sequence[Proposed], language: str = "rn") -> str:
    name = digest(language, given)
    with office.services.sessions.begin() as db:
        wordings.propose(db, language, name, given, now())
    return name


def approve(office: Office, name: str, by: str, pin: str = PIN) -> Result:
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    return run(args=["words", "approve", name], input=f"{by}\n{pin}\n")


def entry(office: Office, key: str = KEY, language: str = "rn") -> Entry:
    office.services.wordings.refresh(now=True)
    return office.services.words.entries[language][key]


def both(office: Office, given: Sequence[Proposed], language: str = "rn") -> None:
    name = propose(office, given, language)
    assert approve(office, name, "A1").exit_code == 0
    assert approve(office, name, "K1").exit_code == 0


def test_a_wording_is_spoken_when_advocate_and_coordinator_have_approved_it(office: Office) -> None:
    caller = office.call("before")
    name = propose(office, rows(office, report_who_title=NEW))
    before = entry(office)
    first = approve(office, name, "A1")
    assert "Noted." in first.output
    assert NEW in first.output
    assert entry(office) == before
    assert "Approved." in approve(office, name, "K1").output
    assert entry(office) == Entry(NEW, "approved", "A1 K1", "x" if not before.back else before.back, before.source)
    assert caller is not None
    assert entry(office, "report.limits").status == "approved"
    with office.services.reads() as db:
        said = [event for event in db.scalars(select(Event.what)) if event.startswith("words approved")]
    assert said == [f"words approved, first: {name}", f"words approved: {name}"]


def test_a_page_that_was_laid_out_before_says_the_new_words(office: Office) -> None:
    services = office.services
    from bot.conversation.message import Msg
    from bot.conversation.state import Screen

    screen = Screen("report", "who", Msg(KEY, services.words.english[KEY]))
    assert services.layout.pages(screen, "rn")[0].text.startswith(entry(office).text)
    both(office, rows(office, report_who_title=NEW))
    services.wordings.refresh(now=True)
    assert services.layout.pages(screen, "rn")[0].text.startswith(NEW)


def test_two_with_any_number_in_common_do_not_approve_together(office: Office) -> None:
    name = propose(office, rows(office))
    assert approve(office, name, "A1").exit_code == 0
    share_a_card(office, "A1", "K1")
    refused = approve(office, name, "K1")
    assert (refused.exit_code, "A1 and K1 have one phone" in refused.output) == (1, True)
    assert entry(office).status == "draft"


@pytest.mark.parametrize(
    ("by", "pin", "said"),
    [("C1A", PIN, "may not"), ("O1", PIN, "may not"), ("NOBODY", PIN, "nobody is called NOBODY"),
     ("A1", "111222", "Wrong PIN, 4 tries left"), ("A1", "abc", "Wrong PIN")],
)  # fmt: skip
def test_nobody_else_approves(office: Office, by: str, pin: str, said: str) -> None:
    name = propose(office, rows(office))
    refused = approve(office, name, by, pin)
    assert refused.exit_code == 1
    assert said in refused.output
    assert entry(office).status == "draft"


def test_one_person_is_not_two(office: Office) -> None:
    name = propose(office, rows(office))
    approve(office, name, "A1")
    assert "has approved it already" in approve(office, name, "A1").output
    assert entry(office).status == "draft"


def test_two_of_one_organisation_are_not_two(office: Office) -> None:
    name = propose(office, rows(office))
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "K1").values(unit="WOMEN-1"))
    approve(office, name, "A1")
    assert "are of one organisation" in approve(office, name, "K1").output
    assert entry(office).status == "draft"


def test_who_was_disabled_approves_nothing(office: Office) -> None:
    name = propose(office, rows(office))
    with office.services.sessions.begin() as db:
        db.execute(update(Person).where(Person.ref == "A1").values(active=False))
    assert "does not serve" in approve(office, name, "A1").output


def test_when_the_english_changes_the_catalogue_is_spoken_again_as_a_draft_and_it_is_named(office: Office) -> None:
    both(office, rows(office, report_who_title=NEW))
    services = office.services
    changed = {**services.words.english, KEY: "Who did it not happen to?"}
    upgraded = catalogues.Catalogues(services.words.base, "rn", changed)
    after = Wordings(services.reads, upgraded)
    after.refresh()
    assert upgraded.entries["rn"][KEY] == services.words.base["rn"][KEY]
    assert after.lapsed == [("rn", KEY)]


def test_when_the_catalogue_changes_only_what_was_approved_as_it_was_is_a_draft_again(office: Office) -> None:
    both(office, rows(office, report_who_title=NEW))
    services = office.services
    other = {KEY: "Kuri nde?", "common.yes": "Ego cane"}
    base = {key: replace(one, text=other.get(key, one.text)) for key, one in services.words.base["rn"].items()}
    upgraded = catalogues.Catalogues({**services.words.base, "rn": base}, "rn", services.words.english)
    after = Wordings(services.reads, upgraded)
    after.refresh()
    assert (upgraded.entries["rn"][KEY].text, upgraded.entries["rn"][KEY].status) == (NEW, "approved")
    assert (upgraded.entries["rn"]["common.yes"].text, after.lapsed) == ("Ego cane", [("rn", "common.yes")])


def test_a_text_that_somebody_writes_into_the_table_is_not_spoken(office: Office) -> None:
    both(office, rows(office, report_who_title=NEW))
    with office.services.sessions.begin() as db:
        db.execute(update(Wording).where(Wording.key == KEY).values(text="Genda"))
    assert "Genda" not in entry(office).text


def test_production_wants_the_languages_of_its_country_and_no_others(office: Office) -> None:
    services = office.services
    refused = unapproved_texts(["rn"], services.words)
    assert "not approved" in refused
    assert f"rn {TEXTS}" in refused
    assert "fr" not in refused.replace("from", "")
    both(office, rows(office))
    services.wordings.refresh(now=True)
    assert unapproved_texts(["rn"], services.words) == ""
    assert f"hi {TEXTS}, hi_Latn {TEXTS}" in unapproved_texts(["rn", "hi"], services.words)


def test_what_was_approved_here_is_given_back_to_the_project(office: Office, tmp_path: Path) -> None:
    both(office, rows(office, report_who_title=NEW))
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    folder = tmp_path / "locales" / "rn" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    done = run(args=["words", "export", "rn", str(folder / "messages.po")])
    assert done.exit_code == 0, done.output
    file = catalogues.read(tmp_path / "locales", "rn")
    assert file.faults == ()
    given = catalogues.entries(file, office.services.words.english)
    assert {one.status for one in given.values()} == {"approved"}
    assert (given[KEY].text, given[KEY].reviewer) == (NEW, "A1 K1")


def test_a_sheet_that_waits_can_be_withdrawn(office: Office) -> None:
    name = propose(office, rows(office))
    run = create_app(office.settings, office.services).test_cli_runner().invoke
    assert f"{TEXTS} proposed texts are forgotten." in run(args=["words", "withdraw", name]).output
    assert "There is no sheet" in approve(office, name, "A1").output


@pytest.mark.parametrize("text", ["{limits:d}", "{danger:>30}", "{danger!r}", "{a.b}", "{a[0]}", "{", "{nobody}"])
def test_a_text_that_cannot_be_filled_is_approved_by_nobody(office: Office, text: str) -> None:
    name = propose(office, rows(office, report_limits=f"Reka {text}"))
    refused = approve(office, name, "A1")
    assert refused.exit_code == 1
    assert "what stands in braces cannot be filled, report.limits" in refused.output
    with office.services.sessions.begin() as db:
        sheet = wordings.proposed(db, name)[0]
        assert sheet.first_by == ""


def test_two_corrections_that_are_too_long_together_only_are_approved_by_nobody(office: Office) -> None:
    words = office.services.words.base["rn"]
    name = propose(office, rows(office, report_sent=words["report.sent"].text + " ababikora bose" * 8))
    refused = approve(office, name, "A1")
    assert refused.exit_code == 1
    assert "report.sent in rn: an end has one page" in refused.output


def test_when_an_approved_text_cannot_be_filled_she_reads_the_catalogues_and_doctor_names_it(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    both(office, rows(office, report_who_title=NEW))
    broken = "Kuri {nde:d}"
    with office.services.sessions.begin() as db:
        source = office.services.words.english[KEY]
        changed = {"text": broken, "words": binding.digest(source, broken)}
        db.execute(update(Wording).where(Wording.key == KEY).values(**changed))
    services = office.services
    services.wordings = Wordings(services.reads, services.words)
    services.wordings.refresh()
    assert services.words.entries["rn"][KEY] == services.words.base["rn"][KEY]
    assert f"{KEY} in rn" in caplog.text
    found = [one for one in doctor.words(services, Health()) if f"{KEY} in rn" in one.said]
    assert [one.level for one in found] == ["fault"]


def test_a_text_that_cannot_be_filled_ends_no_talk(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    from bot.conversation.message import Msg

    words = office.services.words
    key = "report.limits"
    text = Msg(key, words.english[key])
    words.speak({"rn": {key: Entry("Reka {limits:d}", "approved")}})
    values = {"org": "ABC", "limits": "x"}
    assert words.say("rn", text, values) == words.base["rn"][key].text.format_map(values)
    assert "a text cannot be filled: report.limits in rn (ValueError)" in caplog.text
    assert "ABC" not in caplog.text


def test_when_the_english_changes_before_two_have_approved_nobody_promises_that_it_is_spoken(office: Office) -> None:
    name = propose(office, rows(office, report_who_title=NEW))
    words = office.services.words
    before = words.english
    assert approve(office, name, "A1").exit_code == 0
    words.english = {**before, KEY: "Who did it not happen to?"}
    refused = approve(office, name, "K1")
    assert refused.exit_code == 1
    assert f"the English has changed since the sheet was made, {KEY}. Export a sheet anew" in refused.output
    with office.services.reads() as db:
        sheet = wordings.proposed(db, name)[0]
        assert (sheet.second_by, sheet.approved_at) == ("", 0)


def test_when_the_catalogue_changes_before_two_have_approved_nobody_promises_that_it_is_spoken(office: Office) -> None:
    name = propose(office, rows(office))
    words = office.services.words
    words.base = {**words.base, "rn": {**words.base["rn"], "common.yes": Entry("Ego cane")}}
    refused = approve(office, name, "A1")
    assert "the catalogue has another text since the sheet was made, common.yes" in refused.output
