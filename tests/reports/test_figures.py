"""What is published lets nobody find out about one woman; what oversight sees ranks nobody (S62, S86 to S89)."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select, update

import workers
from bot.reports import statistics
from bot.reports.erasure import erase
from bot.reports.publication import hand_over, publish_months, way_up
from bot.reports.statistics import Heard, service
from bot.storage import outbox
from bot.storage.audit import AuditAction, note
from bot.storage.base import random_id
from bot.storage.tables.reports import Report, Request, Tally
from bot.vault.figures import FLOOR, partition
from tests.support.office import Office
from tests.support.pairs import by_two, types
from tests.support.reports import file_report

WEEK = "2026-W05"  # of all reports here
WAY = {
    zone: [zone, f"commune {zone[0]}", f"province {zone[0] < 'c'}", "country"]
    for zone in (f"{commune}{number}" for commune in "abcd" for number in "123")
}
CELLS = st.dictionaries(
    st.tuples(
        st.sampled_from(["2026-01", "2026-02"]), st.sampled_from(sorted(WAY)), st.sampled_from(["hurt", "other"])
    ),
    st.integers(0, 14),
    max_size=30,
)


@settings(max_examples=500)
@given(CELLS)
def test_every_report_stands_in_one_cell_at_most_and_no_cell_tells_of_fewer_than_five(
    cells: dict[tuple[str, str, str], int],
) -> None:
    shown = partition(cells, WAY)
    behind: dict[tuple[str, str, str], set[str]] = {}
    for month, what in product(["2026-01", "2026-02"], ["hurt", "other"]):
        free = {zone for zone in WAY if cells.get((month, zone, what))}
        for level in range(4):  # the finest first: what it holds is in no larger cell
            for place in {WAY[zone][level] for zone in WAY}:
                if (month, place, what) in shown:
                    mine = {zone for zone in free if WAY[zone][level] == place}
                    behind[month, place, what] = mine
                    free -= mine
    for (month, place, what), number in shown.items():
        assert number >= FLOOR
        assert number == sum(cells[month, zone, what] for zone in behind[month, place, what])
    assert set(behind) == set(shown)


@settings(max_examples=300)
@given(CELLS)
def test_whoever_subtracts_finds_nothing_smaller(cells: dict[tuple[str, str, str], int]) -> None:
    """Sums and differences of disjoint cells are about whole cells: one cell taken from a larger place is no part."""
    shown = partition(cells, WAY)
    for month, place, what in shown:
        inside = [zone for zone, way in WAY.items() if place in way and (month, zone, what) in shown and zone != place]
        within_it = sum(shown[month, zone, what] for zone in inside)
        everything = sum(cells.get((month, zone, what), 0) for zone, way in WAY.items() if place in way)
        if inside:  # the number of the larger place leaves out what was shown: nothing to subtract
            assert shown[month, place, what] <= everything - within_it


def test_one_small_neighbour_takes_all_of_its_commune_up() -> None:
    cells = {("2026-01", "a1", "hurt"): 9, ("2026-01", "a2", "hurt"): 1, ("2026-01", "b1", "hurt"): 7}
    assert partition(cells, WAY) == {("2026-01", "b1", "hurt"): 7, ("2026-01", "commune a", "hurt"): 10}
    alone = {("2026-01", "a1", "hurt"): 4}
    assert partition(alone, WAY) == {}


def filed(office: Office, month: str, zone: str, number: int) -> None:
    with office.services.sessions.begin() as db:
        db.add(Tally(group="hurt", zone=zone, month=month, reporter="self", count=number))


def publish(office: Office, at: int = 0) -> list[str]:
    """The clock's work: which months are published now."""
    here = office.services
    return publish_months(here.sessions, here.reads, here.vault, here.country, at or outbox.now())


def rows_of(office: Office, table: Path, *more: str) -> list[dict[str, str]]:
    publish(office)
    ran = types(office, "figures", str(table), *more) if more else by_two(office, "figures", str(table))
    assert ran.exit_code == 0, ran.output
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_file_for_everybody_has_months_that_are_over_and_says_whose_counts_they_are(
    office: Office, tmp_path: Path
) -> None:
    this_month = f"{office.services.country.clock(outbox.now()):%Y-%m}"
    filed(office, this_month, "BI-ZO-02-09-01", 50)
    filed(office, "2026-01", "BI-ZO-02-09-01", 12)
    filed(office, "2026-01", "BI-ZO-02-09-02", 3)
    filed(office, "2026-01", "BI-ZO-02-06-08", 5)
    filed(office, "2026-02", "BI-ZO-02-06-08", 2)
    rows = rows_of(office, tmp_path / "x.csv")
    assert [list(row) for row in rows][0] == ["month", "place", "what", "reports_to_this_service"]
    assert sorted((row["place"], row["reports_to_this_service"]) for row in rows) == [("Mukaza", "15"), ("Musaga", "5")]
    assert {row["month"] for row in rows} == {"2026-01"}
    said = " ".join([*statistics.COLUMNS, *statistics.SERVICE])
    assert not {"incident", "prevalence", "crime", "rank", "officer", "station", "person"} & set(said.split("_"))


def test_the_same_table_opens_in_a_spreadsheet(office: Office, tmp_path: Path) -> None:
    filed(office, "2026-01", "BI-ZO-02-06-08", 5)
    publish(office)
    assert by_two(office, "figures", str(tmp_path / "x.xlsx")).output.startswith("1 rows")
    sheet = load_workbook(tmp_path / "x.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in next(sheet.iter_rows())] == list(statistics.COLUMNS)
    assert "called something.csv" in by_two(office, "figures", str(tmp_path / "x.pdf")).output


HEARD = st.lists(
    st.builds(
        Heard, st.sampled_from(["2026-01", "2026-02"]), st.sampled_from(["police", "oversight", "health"]),
        st.booleans(), st.none() | st.integers(0, 10**6),
    ), max_size=40,
)  # fmt: skip


@given(HEARD)
def test_of_few_reports_oversight_reads_few_and_of_many_only_tenths(heard: list[Heard]) -> None:
    for row in service(heard):
        there = [one for one in heard if one.month == row["month"]]
        if len(there) < FLOOR:
            assert {value for name, value in row.items() if name not in ("month", "reports")} == {""}
            assert row["reports"] == "few"
        else:
            assert row["reports"] == len(there)
            shares = [row[name] for name in ("not_read", "taken_back", "about_police", "beside_police")]
            assert all(str(share).endswith("/10") for share in shares)
        assert tuple(row) == statistics.SERVICE


def test_oversight_reads_how_soon_a_human_answered(office: Office, tmp_path: Path) -> None:
    for number in range(6):
        file_report(office, f"s{number}")
    while office.rung:
        workers.run_tasks(office.rung.pop(0))
    with office.services.sessions.begin() as db:
        for report in list(db.scalars(select(Request.id)))[1:]:
            note(db, office.services.vault, outbox.now() + 60, "somebody", AuditAction.OPENED, report)
    (row,) = rows_of(office, tmp_path / "x.csv", "--oversight")
    assert (row["reports"], row["half_read_within"], row["not_read"]) == ("6", "an hour", "2/10")
    with office.services.sessions.begin() as db:
        db.execute(update(Report).values(month="2026-01"))
    assert rows_of(office, tmp_path / "x.csv", "--oversight")[0]["month"] == "2026-01"


def counted(office: Office, number: int, month: str, zone: str = "BI-ZO-02-06-08", what: str = "hurt") -> None:
    """So many reports of a month, whose reporters agreed to be counted."""
    vault = office.services.vault
    with office.services.sessions.begin() as db:
        for _ in range(number):
            id = random_id()
            tally, contact = vault.seal_boxes(id, WEEK, [month, zone, what], [])
            db.add(Report(id=id, zone=zone, wishes="", month=month,
                          filed=f"{month}-03", week=WEEK, sealed=b"", tally=tally, contact=contact))  # fmt: skip


def test_the_month_of_the_upgrade_is_published_from_the_old_table_and_from_boxes_once(office: Office) -> None:
    counted(office, 3, "2026-01")
    filed(office, "2026-01", "BI-ZO-02-06-08", 4)
    assert publish(office) == ["2026-01"]
    assert office.services.vault.published() == [("2026-01", "BI-ZO-02-06-08", "hurt", 7)]
    with office.services.reads() as db:
        assert db.query(Tally).count() == 0
        assert {*db.scalars(select(Report.tally))} == {b""}
    filed(office, "2026-01", "BI-ZO-02-06-08", 90)  # a machine that is late, or somebody who wants the difference
    assert publish(office) == ["2026-01"]
    assert office.services.vault.published() == [("2026-01", "BI-ZO-02-06-08", "hurt", 7)]


def test_two_machines_that_publish_at_once_count_each_report_once(office: Office) -> None:
    counted(office, 6, "2026-01")
    here = office.services
    with here.reads() as db:
        assert [hand_over(db, here.vault, "2026-01") for _machine in range(2)] == [6, 6]
    publish(office)
    assert here.vault.published() == [("2026-01", "BI-ZO-02-06-08", "hurt", 6)]


def test_a_vault_that_was_killed_in_between_publishes_nothing_until_it_has_all_boxes(office: Office) -> None:
    counted(office, 6, "2026-01")
    here = office.services
    with here.reads() as db:
        hand_over(db, here.vault, "2026-01")
    here.vault._gathered.clear()
    with pytest.raises(ValueError, match="missing"):
        here.vault.publish("2026-01", 6, [], way_up(here.country))
    publish(office)
    assert [row[3] for row in here.vault.published()] == [6]


def test_a_month_is_published_when_it_is_over_and_never_before(office: Office, clock: time_machine.Traveller) -> None:
    month = f"{office.services.country.clock(outbox.now()):%Y-%m}"
    counted(office, 9, month)
    assert publish(office) == []
    with pytest.raises(ValueError, match="not over"):
        office.services.vault.publish(month, 0, [], way_up(office.services.country))
    clock.shift(40 * 86400)
    assert publish(office) == [month]


def test_what_she_takes_back_is_not_counted_and_a_box_of_another_month_neither(office: Office) -> None:
    counted(office, 6, "2026-01")
    counted(office, 1, "2026-02")
    with office.services.sessions.begin() as db:
        erase(
            db,
            office.services.vault,
            db.scalars(select(Report).where(Report.month == "2026-01")).first() or Report(),
            1,
        )
        db.execute(update(Report).values(month="2026-01"))
    publish(office)
    assert office.services.vault.published() == [("2026-01", "BI-ZO-02-06-08", "hurt", 5)]


def test_nobody_adds_counts_of_an_earlier_release_to_a_later_month(office: Office) -> None:
    """Four invented ones beside the box of one woman would say what was in it."""
    (office.settings.data_dir / "vault" / "boxes-since").write_text("2025-12")
    counted(office, 1, "2026-01")
    filed(office, "2026-01", "BI-ZO-02-06-08", 4)
    publish(office)
    assert office.services.vault.published() == []
