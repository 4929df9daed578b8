"""Past meetings as a table for reports to donors: no names, no phone numbers, and of the people who came
only how many.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.country.faults import together
from bot.country.pack import Country, CountryError
from bot.country.tables import Row, rows
from bot.meetings.labels import KINDS
from bot.meetings.subscribers import FEW, QUESTIONS
from bot.storage.tables.meetings import Attendance, Meeting, MeetingStatus, Opinion
from bot.storage.tables.people import Person

COUNTS = ("women", "men", "girls", "boys", "elders", "disabled")
PAID_BY = ("tag", "zone", "kind", "from", "until")
COLUMNS = (
    "number", "month", "place", "venue", "kind", "for", "organiser_sex", "went_out_with", "because",
    "project", "decided", "worries_answered", "plan_leader", "plan_advocate",
    *(f"{who}_{side}" for side in ("leader", "advocate") for who in COUNTS),
    *(f"{question}_{said}" for question in QUESTIONS for said in ("yes", "no")),
)  # fmt: skip


@dataclass(frozen=True)
class Project:
    """The meetings for which a project or a donor pays: of a zone, of a kind, on the days from and until (ISO). Empty
    is any.
    """

    tag: str
    zone: str
    kind: str
    begins: str
    ends: str

    def covers(self, meeting: Meeting, day: str) -> bool:
        """Whether the project pays for a meeting on that ISO day."""
        named = self.zone in ("", meeting.zone) and self.kind in ("", meeting.kind)
        return named and (not self.begins or self.begins <= day) and (not self.ends or day <= self.ends)


def projects(path: Path, country: Country) -> list[Project]:
    """A table of the columns `PAID_BY`. Raises one `CountryError` with every bad row."""
    wrong: list[str] = []
    found = [_project(row, country) for row in rows(path, [*PAID_BY], wrong)]
    if wrong:
        raise CountryError(together(wrong))
    return found


def _project(row: Row, country: Country) -> Project:
    begins, ends = row.day("from"), row.day("until")
    if begins and ends and ends < begins:
        row.note("until lies before from")
    return Project(
        row.text("tag"),
        row.one_known("zone", country.names, "place", may_be_empty=True),
        row.one_known("kind", KINDS, "kind of meeting", may_be_empty=True),
        begins.isoformat() if begins else "",
        ends.isoformat() if ends else "",
    )


def meetings(db: Session, country: Country, at: int, paying: Sequence[Project] = ()) -> list[Mapping[str, object]]:
    """One row for each meeting that has taken place, the oldest first; opinions of fewer than five people
    are left out.
    """
    held = (Meeting.status == MeetingStatus.RELEASED) & (Meeting.starts <= at)
    found = db.execute(
        select(Meeting, Person.sex).join(Person, Person.id == Meeting.leader).where(held).order_by(Meeting.starts)
    ).all()
    counts = {(c.meeting, c.counted_by): c for c in db.scalars(select(Attendance))}
    opinions = {(o.meeting, o.question): o for o in db.scalars(select(Opinion))}
    rows: list[Mapping[str, object]] = []
    for meeting, sex in found:
        day = f"{country.clock(meeting.starts):%Y-%m-%d}"
        row: dict[str, object] = {
            "number": meeting.number, "month": day[:7],
            "place": country.places[meeting.zone].name, "venue": country.venues[meeting.venue].name,
            "kind": meeting.kind, "for": "women" if meeting.women_only else "all", "organiser_sex": sex,
            "went_out_with": meeting.against.replace(",", "; "), "because": meeting.reason if meeting.against else "",
            "project": "; ".join(one.tag for one in paying if one.covers(meeting, day)),
            "decided": (meeting.decided or "").replace(",", "; "),
            "worries_answered": "yes" if meeting.answered else "",
        }  # fmt: skip
        for side in ("leader", "advocate"):
            count = counts.get((meeting.id, side))
            row |= {f"{who}_{side}": getattr(count, who) if count else "" for who in COUNTS}
            row[f"plan_{side}"] = count.plan if count else ""
        for question in QUESTIONS:
            opinion = opinions.get((meeting.id, question))
            enough = opinion is not None and opinion.yes + opinion.no >= FEW
            row |= {f"{question}_{said}": getattr(opinion, said) if enough else "" for said in ("yes", "no")}
        rows.append(row)
    return rows


def write(path: Path, rows: Sequence[Mapping[str, object]], columns: Sequence[str] = COLUMNS) -> None:
    """Write the rows as `.csv` (UTF-8) or `.xlsx`, by the ending of the path. Raises ValueError for another ending."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(rows)
    elif path.suffix == ".xlsx":
        from openpyxl import Workbook  # here: a web process never writes a table

        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet(path.stem[:31])
        sheet.append([*columns])
        for row in rows:
            sheet.append([row[column] for column in columns])
        workbook.save(path)
    else:
        raise ValueError("the file is called something.csv or something.xlsx")
