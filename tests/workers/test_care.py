"""Those who read are cared for (S94), a dead line is missed, and no meeting falls into a curfew or a market."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.country.pack import load
from bot.country.rows import VenueKind
from bot.meetings.planner import CURFEW, findings
from bot.storage.audit import AuditAction, note
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Inbound
from bot.upkeep.alarms import FEWEST_TO_JUDGE, quiet
from tests.support.country_tables import BUYENZI, COUNTRIES, MUSAGA, TODAY, wrong
from tests.support.office import Office
from tests.support.planned import rules_against, sound_plan
from tests.support.staff import person_row
from workers.daily import MOST_A_WEEK, tired

AT = 1_800_000_000
DAY = 86400


def opens(office: Office, person: Person, reports: int, at: int = AT - DAY) -> None:
    with office.services.sessions.begin() as db:
        for number in range(reports):
            for _ in range(2):  # the same one twice is one
                note(db, office.services.vault, at, person.id, AuditAction.OPENED, f"r{number}")


def test_who_has_opened_more_than_one_can_bear_in_a_week_is_named_to_the_coordinator(office: Office) -> None:
    one, two, three = (person_row(office, ref) for ref in ("C1A", "C1B", "C2A"))
    opens(office, one, MOST_A_WEEK + 1)
    opens(office, two, MOST_A_WEEK)
    opens(office, three, MOST_A_WEEK + 9, AT - 8 * DAY)
    with office.services.reads() as db:
        assert tired(db, AT) == [("C1A", MOST_A_WEEK + 1)]


@pytest.mark.parametrize(("before", "today", "missed"), [
    (FEWEST_TO_JUDGE, 0, True), (FEWEST_TO_JUDGE, 1, False), (FEWEST_TO_JUDGE - 1, 0, False), (0, 0, False),
])  # fmt: skip
def test_a_day_on_which_nobody_reaches_us_is_missed_where_people_did_before(
    office: Office, before: int, today: int, missed: bool
) -> None:
    with office.services.sessions.begin() as db:
        db.add_all([Inbound(key=f"b{n}", at=AT - 2 * DAY) for n in range(before)])
        db.add_all([Inbound(key=f"t{n}", at=AT - 60) for n in range(today)])
    with office.services.reads() as db:
        assert quiet(db, AT) == missed


def edited(tmp_path: Path, more: str) -> Path:
    """A copy of Burundi whose hours say more."""
    import shutil

    folder = Path(shutil.copytree(COUNTRIES / "bi", tmp_path / "bi"))
    said = (folder / "country.toml").read_text()
    (folder / "country.toml").write_text(said.replace("[patience]", f"{more}\n[patience]"))
    return folder


def test_the_market_of_one_zone_is_no_reason_in_another(tmp_path: Path) -> None:
    folder = edited(tmp_path, f'[busy.{BUYENZI}]\nmarket = "tue 07:00-18:00"\ncooking = "sat 10:00-11:00"')
    land = load(folder, TODAY)
    assert land.busy_in(BUYENZI)["market"] == "tue 07:00-18:00"
    assert land.busy_in(BUYENZI)["cooking"] == "sat 10:00-11:00"  # the nearer word counts
    assert land.busy_in(BUYENZI)["school"] == land.busy_in(MUSAGA)["school"]
    assert "market" not in land.busy_in(MUSAGA)


@pytest.mark.parametrize(("start", "end", "red"), [(14, 16, True), (14, 15, False), (12, 13, False), (16, 16.5, True)])
def test_what_ends_so_late_that_women_walk_home_in_the_curfew_cannot_go_out(
    tmp_path: Path, start: float, end: float, red: bool
) -> None:
    land = load(edited(tmp_path, f'[busy.BI]\n{CURFEW} = "mon-sun 17:00-05:00"'), TODAY)
    planned = sound_plan(land, BUYENZI, start, end)
    changed = type(planned)(**{**vars(planned), "busy": land.busy_in(BUYENZI)})
    assert (CURFEW in rules_against(changed)) == red
    assert ("curfew" in {one.rule for one in findings(changed) if one.level == "red"}) == red
    assert changed.venue == VenueKind.CENTRE


def test_hours_of_a_place_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    folder = edited(tmp_path, f'[busy.{BUYENZI}]\nmarket = "on tuesdays"')
    (fault,) = wrong(folder)
    assert fault.startswith("country.toml:")
    assert fault.endswith(f"busy.{BUYENZI}.market is not like mon-fri 08:00-17:30; sat 08:00-12:00: on tuesdays")
