"""Every bad row is named by its line, and nothing is loaded half."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.country.pack import Country, load
from bot.country.routing_rules import PATIENCE, Urgency
from tests.support.country_tables import BUYENZI, MUSAGA, TODAY, append, change, wrong


def test_both_shipped_countries_load(burundi: Country, delhi: Country) -> None:
    assert (burundi.code, burundi.prefix, burundi.languages) == ("bi", "257", ("rn", "fr", "en", "hi"))
    assert (delhi.code, delhi.prefix, delhi.languages) == ("in", "91", ("hi", "en", "fr", "rn"))
    assert (str(burundi.timezone), str(delhi.timezone)) == ("Africa/Bujumbura", "Asia/Kolkata")
    assert {country.service_name["rn"] for country in (burundi, delhi)} == {"Amakuru"}
    assert all(set(country.service_name) == {"en", "fr", "rn", "hi", "hi_Latn"} for country in (burundi, delhi))


def test_everyone_shipped_is_a_demo_person_with_a_demo_number_in_a_place_of_today(shipped: Country) -> None:
    demo = {"bi": "+25778000", "in": "+911800000"}[shipped.code]
    assert all(person.demo and person.phone.startswith(demo) for person in shipped.people)
    assert all(shipped.places[zone].stands(TODAY) for person in shipped.people for zone in person.zones)
    assert all(unit.demo for unit in shipped.units.values())


NOT_DEMO = "a demo service has a demo number, and no other has one"
BAD_ROWS = [
    ("places.csv", BUYENZI, {"parent": "BI-CO-99"}, "parent: unknown place BI-CO-99"),
    ("places.csv", BUYENZI, {"parent": ""}, "parent is empty"),
    ("places.csv", BUYENZI, {"parent": MUSAGA}, "a zone cannot lie in a zone"),
    ("places.csv", "BI-BM-01", {"successor": "BI-CO-99"}, "successor: unknown place BI-CO-99"),
    ("places.csv", BUYENZI, {"valid_from": "in 2025"}, "valid_from is not a date like 2026-03-08"),
    ("places.csv", BUYENZI, {"name": ""}, "name is empty"),
    ("places.csv", "BI", {"parent": "BI-PR-01"}, "the country is BI and lies in nothing"),
    ("services.csv", "BI-PR-05", {"area": "BI-PR-77"}, "area: unknown place BI-PR-77"),
    ("services.csv", "BI-PR-05", {"tested_on": "2026-02-30"}, "tested_on is not a date like 2026-03-08"),
    ("services.csv", "BI-PR-05", {"tested_on": "2026-02-20"}, "tested_by is empty: a test call has a caller"),
    ("services.csv", "BI-PR-05", {"show": "perhaps"}, "show must be yes or no"),
    ("services.csv", "BI-PR-05", {"demo": "yes"}, NOT_DEMO),
    ("services.csv", "BI-PR-05", {"value": "+257 78 00 01 23"}, NOT_DEMO),
    ("cards.csv", "K14", {"reviewed_on": "20260101"}, "reviewed_on is not a date like 2026-03-08"),
    ("cards.csv", "K14", {"id": "K15"}, None),
    ("units.csv", "POST-1", {"ref": "POST 1"}, "ref is not like POST-1: letters of ASCII, digits and hyphens"),
    ("units.csv", "POST-1", {"place": "BI-ZO-99"}, "place: unknown place BI-ZO-99"),
    ("people.csv", "C1A", {"zones": f"{BUYENZI}|BI-ZO-99"}, "zones: unknown place"),
    ("people.csv", "C1A", {"zones": ""}, "zones is empty"),
    ("people.csv", "C1A", {"languages": "rn|kirundi"}, "languages: unknown language: it is one of "),
    ("people.csv", "C1A", {"languages": ""}, "languages is empty"),
    ("people.csv", "C1A", {"unit": "POST-1|POST-2"}, "unit: unknown unit"),
    ("services.csv", "BI-PR-05", {"area": "BI|BI-PR-01"}, "area: unknown place BI|BI-PR-01"),
    ("places.csv", BUYENZI, {"code": ""}, "code is empty"),
    ("people.csv", "C1A", {"unit": "POST-9"}, "unit: unknown unit"),
    ("people.csv", "C1A", {"phone": "+2577800"}, "phone is not a phone number written like +25778000001"),
    ("people.csv", "C1A", {"phone": "78 00 00"}, "phone is not a phone number written like +25778000001"),
    ("people.csv", "C1A", {"phone": "2.5778E+10"}, "phone was cut by the spreadsheet"),
    ("people.csv", "C1A", {"phone": "+25761000001"}, "a demo person has a demo number, and nobody else has one"),
    ("people.csv", "C1A", {"demo": "no"}, "a demo person has a demo number, and nobody else has one"),
    ("people.csv", "C1A", {"sex": "woman"}, "unknown sex: it is one of f, m, x"),
    ("people.csv", "C1A", {"trained_until": "31/13/2030"}, "trained_until is not a date like 2026-03-08"),
    ("people.csv", "C1A", {"trained_until": ""}, "trained_until is empty: a champion serves while trained"),
    ("people.csv", "C1A", {"kind": "health"}, "only a partner has a kind"),
    ("people.csv", "C1A", {"duty": "always"}, "duty is not like mon-fri 08:00-17:30; sat 08:00-12:00"),
    ("people.csv", "C1A", {"duty": "mon 25:00-26:00"}, "duty is not like mon-fri 08:00-17:30; sat 08:00-12:00"),
    ("served.csv", BUYENZI, {"zone": "BI-ZO-99"}, "zone: unknown place BI-ZO-99"),
    ("served.csv", BUYENZI, {"zone": "BI-CO-02-09"}, "only a zone or a police station is served"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "first", "cells", "said"), BAD_ROWS)
def test_who_spoils_a_row_is_told_its_line_and_what_is_wrong(
    folder: Path, file: str, first: str, cells: dict[str, str], said: str | None
) -> None:
    line = change(folder, file, first, cells)
    said = f"{file}:{line}: {said}" if said else f"{file}:{line + 1}: duplicate id: line {line} has the same"
    assert any(one.startswith(said) for one in wrong(folder))


def test_who_writes_an_unknown_role_reads_which_roles_there_are(folder: Path) -> None:
    line = change(folder, "people.csv", "K1", {"role": "boss"})
    roles = "champion, partner, oversight, advocate, leader, coordinator"
    assert wrong(folder) == (f"people.csv:{line}: unknown role: it is one of {roles}",)


def test_a_partner_without_a_kind_is_refused(folder: Path) -> None:
    line = change(folder, "people.csv", "P-TALK-1", {"kind": ""})
    assert wrong(folder) == (
        f"people.csv:{line}: unknown kind: it is one of health, talk, legal, child, shelter",
    )  # fmt: skip


def test_a_person_with_a_number_of_another_country_is_refused(folder: Path) -> None:
    line = change(folder, "people.csv", "C1A", {"phone": "+9118000000001"})
    assert f"people.csv:{line}: phone is a number of another country: it must begin with +257" in wrong(folder)


def test_two_people_with_one_ref_or_one_phone_are_both_named_by_line(folder: Path) -> None:
    line = change(folder, "people.csv", "C1B", {"ref": "C1A", "phone": "+25778000001"})
    assert wrong(folder) == (
        f"people.csv:{line}: duplicate phone: line 2 has the same",
        f"people.csv:{line}: duplicate ref: line 2 has the same",
    )


def test_a_number_or_a_name_in_a_wrong_column_is_not_repeated(folder: Path) -> None:
    change(folder, "people.csv", "C1A", {"role": "+25779123456", "unit": "Aline N.", "phone": "+257791234567"})
    said = "\n".join(wrong(folder))
    assert "791234" not in said
    assert "Aline" not in said


SHIFTED = {"ref": "C1A", "role": "NDAYIZEYE", "kind": "+25779123456", "name": "MARIE", "phone": "f", "sex": "MARIE",
           "languages": "rn-marie", "zones": "marie|Mary", "unit": "MARIE-1", "duty": "Marie", "trained_until": "marie",
           "confirmed_on": "NDAYIZEYE", "demo": "marie"}  # fmt: skip


def test_of_a_shifted_row_of_people_no_cell_is_repeated(folder: Path) -> None:
    change(folder, "people.csv", "C1A", SHIFTED)
    said = "\n".join(wrong(folder))
    assert said.count("people.csv:2: ") >= 9
    assert not [cell for cell in ("marie", "mary", "ndayizeye", "791234") if cell in said.lower()]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"role": "champoin"}, "unknown role: did you mean champion? it is one of champion, "),
        ({"role": "partner", "kind": "Sheltre"}, "unknown kind: did you mean shelter? it is one of "),
        ({"languages": "rn|hi latin"}, "languages: unknown language: did you mean hi_Latn? it is one of "),
    ],
)
def test_whoever_slips_by_a_letter_reads_the_word_that_is_meant_and_not_her_own(
    folder: Path, cells: dict[str, str], said: str
) -> None:
    line = change(folder, "people.csv", "C1A", cells)
    assert any(fault.startswith(f"people.csv:{line}: {said}") for fault in wrong(folder))
    assert not [fault for fault in wrong(folder) for cell in cells.values() if cell in fault]


@pytest.mark.parametrize(
    "ref", ["+25779123456", "25779123456", "257-791-234-56", "Marie Secret", "=1+1", "-1", "Aliné", "C" * 21, "C1;rm"]
)
def test_a_reference_that_tells_who_somebody_is_or_is_obeyed_is_refused_and_not_repeated(
    folder: Path, ref: str
) -> None:
    line = change(folder, "people.csv", "C1A", {"ref": ref})
    (fault,) = wrong(folder)
    assert fault.startswith(f"people.csv:{line}: ref is not like C1-A: at most 20 letters of ASCII")
    assert ref not in fault


def test_a_table_without_a_column_is_refused(folder: Path) -> None:
    table = (folder / "people.csv").read_text(encoding="utf-8")
    (folder / "people.csv").write_text(table.replace("duty", "hours", 1), encoding="utf-8")
    assert wrong(folder) == ("people.csv:1: column duty is missing",)


def test_a_row_with_a_comma_too_many_is_refused_and_the_others_are_still_checked(folder: Path) -> None:
    line = append(folder, "served.csv", {"zone": MUSAGA, "note": "again"})
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write("BI-ZO-02-09-03,a,b\nBI-ZO-99,\n")
    assert sorted(wrong(folder)) == [
        f"served.csv:{line}: duplicate zone: line 5 has the same",
        f"served.csv:{line + 1}: 3 columns where there must be 2",
        f"served.csv:{line + 2}: zone: unknown place BI-ZO-99",
    ]


def test_a_table_in_letters_that_nobody_can_tell_is_refused_at_its_line(folder: Path) -> None:
    with (folder / "served.csv").open("ab") as table:
        table.write("BI-ZO-02-09-03,Désiré\n".encode("mac_roman"))
    said = "neither UTF-8 nor Windows-1252: save it as 'CSV UTF-8', .xlsx or .ods"
    assert wrong(folder) == (f"served.csv:6: {said}",)


def test_a_table_that_a_spreadsheet_saved_with_its_mark_is_read(folder: Path) -> None:
    table = (folder / "served.csv").read_bytes().replace(b"\n", b"\r\n")
    (folder / "served.csv").write_bytes(b"\xef\xbb\xbf" + table)
    assert len(load(folder, TODAY).served) == 4


def test_lines_are_counted_as_the_editor_shows_them_after_a_cell_of_two_lines(folder: Path) -> None:
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write('BI-ZO-02-09-03,"two\nlines"\n\nBI-ZO-99,\n')
    assert wrong(folder) == ("served.csv:9: zone: unknown place BI-ZO-99",)


def test_an_open_quotation_mark_is_refused(folder: Path) -> None:
    with (folder / "served.csv").open("a", encoding="utf-8") as table:
        table.write('BI-ZO-02-09-03,"open\n')
    assert wrong(folder) == ("served.csv:6: a quotation mark is open or out of place",)


@pytest.mark.parametrize("file", ["places.csv", "services.csv", "cards.csv", "people.csv", "units.csv", "served.csv"])
def test_a_missing_or_empty_table_is_refused(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"")
    assert any(line.startswith(f"{file}:1: column ") for line in wrong(folder))
    (folder / file).unlink()
    assert f"{file}:1: the file is missing" in wrong(folder)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('prefix = "257"', "", "1: prefix is missing"),
        ('prefix = "257"', 'prefix = "+257"', "3: prefix is not digits only, without + and blanks, like 257: +257"),
        ('prefix = "257"', 'prefix = "2 57"', "3: prefix is not digits only, without + and blanks, like 257: 2 57"),
        ('prefix = "257"', 'prefix = "254"', "3: prefix is not that of bi, which is 257: 254"),
        ('code = "bi"', 'code = "burundi"', "2: code is not that of a country, two letters like ke: burundi"),
        ("+25778000", "+254", "4: demo_phones is not +257 and more digits: +254"),
        ("Africa/Bujumbura", "Africa/Gitega", "5: timezone is not known: Africa/Gitega"),
        ('"rn", "fr"', '"rn", "sw"', "6: unknown language sw: it is one of rn, fr, hi, hi_Latn, en"),
        ('"rn", "fr"', '"rn", "rn"', "6: languages has rn twice"),
        ('languages = ["rn", "fr", "en", "hi"]', "", "1: languages is missing"),
        ('fr = "Infos"', "", "15: service_name has no fr"),
        ('fr = "Infos"', "fr = 3", "17: service_name.fr is not a text: 3"),
        ('prefix = "257"', "prefix = ", "3: is not written as TOML: Invalid value (at line 3, column"),
        ('languages = ["rn", "fr", "en", "hi"]', "languages = 3", '6: languages is not a list like ["en", "fr"]: 3'),
        ("[service_name]", 'service_name = "News"\n[more]', "15: service_name is not a table: News"),
        ("BI-PR-01 = [-3.22, 30.55]", "BI-PR-01 = [-3.22, 300]", "24: sun.BI-PR-01 is not like"),
        ("BI-PR-01 = [", "BI-PR-77 = [", "24: sun.BI-PR-77: unknown place BI-PR-77"),
        ('cooking = "mon-sun', 'cooking = "always', "33: busy.cooking is not like mon-fri 08:00-17:30"),
    ],
)
def test_a_country_that_does_not_say_what_it_is_is_refused(folder: Path, before: str, after: str, said: str) -> None:
    head = folder / "country.toml"
    head.write_text(head.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    (only,) = wrong(folder)
    assert only.startswith(f"country.toml:{said}")


def test_every_bad_row_of_every_table_is_named_at_once_and_nothing_is_loaded(folder: Path) -> None:
    lines = [
        ("places.csv", change(folder, "places.csv", BUYENZI, {"level": "quarter"})),
        ("services.csv", change(folder, "services.csv", "BI-PR-05", {"kind": "magic"})),
        ("cards.csv", change(folder, "cards.csv", "K01", {"text_en": ""})),
        ("units.csv", change(folder, "units.csv", "POST-2", {"kind": "magic"})),
        ("people.csv", change(folder, "people.csv", "L1", {"ref": ""})),
        ("people.csv", change(folder, "people.csv", "A1", {"sex": ""})),
    ]
    said = wrong(folder)
    assert all(any(line.startswith(f"{file}:{n}: ") for line in said) for file, n in lines)


def test_a_zone_that_has_gone_is_no_longer_served_and_the_rest_goes_on(folder: Path) -> None:
    change(folder, "places.csv", BUYENZI, {"valid_to": "2026-11-24"})
    assert BUYENZI in {zone.code for zone in load(folder, TODAY).served}
    assert BUYENZI not in {zone.code for zone in load(folder, TODAY + timedelta(days=1)).served}


@pytest.mark.parametrize("line", [
    "danger = [60, 10]", "danger = [0, 60]", "danger = 10", "hurry = [1, 2]", 'danger = ["10", "60"]',
    "danger = [10, 60, 90]", "danger = [true, false]",
])  # fmt: skip
def test_a_patience_that_cannot_be_read_is_refused(folder: Path, line: str) -> None:
    head = folder / "country.toml"
    head.write_text(head.read_text().replace("danger = [10, 60]", line))
    (said,) = wrong(folder)
    assert said.startswith("country.toml:36: patience.")


def test_a_country_says_itself_how_long_a_report_waits(folder: Path) -> None:
    head = folder / "country.toml"
    head.write_text(head.read_text().replace("danger = [10, 60]", "danger = [5, 20]"))
    assert load(folder, TODAY).patience[Urgency.DANGER] == (5, 20)
    head.write_text(head.read_text().partition("[patience]")[0])
    assert load(folder, TODAY).patience == PATIENCE


@pytest.mark.parametrize("day", ["13-01", "02-30", "2027-02-29", "1/7", "", "2027"])
def test_a_holiday_that_is_no_day_is_refused(folder: Path, day: str) -> None:
    head = folder / "country.toml"
    head.write_text(head.read_text().replace('"01-01"', f'"{day}"'))
    (said,) = wrong(folder)
    assert said.startswith("country.toml:9: a holiday is not like")


def test_a_holiday_comes_every_year_or_once(folder: Path) -> None:
    burundi = load(folder, TODAY)
    assert burundi.is_holiday(date(2031, 7, 1))
    assert burundi.is_holiday(date(2027, 5, 6))
    assert not burundi.is_holiday(date(2028, 5, 6))
