"""What a thief carries away, read as he reads it: each trace of a report, or of a woman, as a number.

He has the files and a list of women with their numbers, and a provider's list of its ids. Numbers that are sealed he
cannot read; but who captures the sender later can, so the row of a sealed number counts as the row of that woman.
"""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, literal_column, select

from bot.storage.base import Base
from bot.storage.tables.reports import Step, Tally
from bot.upkeep.backup_file import Row
from bot.vault.sealing import Unsealable
from bot.vault.vault import Vault

SECONDS = range(1_500_000_000, 2_500_000_000)  # numbers that are seconds since 1970
DAY = 86400
REPORT_ROWS = (
    "report",
    "request",
    "step",
    "copy",
    "receipt",
    "task",
    "event",
    "reply",
    "message",
)  # tables whose rows lead to a report
WAL_HEAD, FRAME_HEAD = 32, 24  # bytes


@dataclass(frozen=True)
class Trace:
    """One number that was found: its kind and place, like `order.report`, of whose report or number, and the value."""

    name: str
    woman: str
    value: float


@dataclass
class Material:
    """All traces of one moment; `moments` are seconds at which a log or a figure tells of something."""

    name: str
    reports: list[Trace] = field(default_factory=list)
    women: list[Trace] = field(default_factory=list)
    moments: dict[str, list[float]] = field(default_factory=dict)
    small_cells: int = 0


@dataclass(frozen=True)
class Known:
    """Who the scanner knows things to belong to: reports and tasks of staff by id, and words that lead to a woman."""

    reports: Mapping[str, str]  # a report's id to the woman
    words: Mapping[str, str]  # a number, or a provider's id, to the woman
    vault: Vault


def tables(name: str, engine: Engine, known: Known) -> Material:
    """The traces in the tables of a database."""
    material = Material(name, small_cells=small_cells(engine))
    with engine.connect() as connection:
        rows = connection.execute(select(Step.person, Step.number, Step.report))
        copies = {(person, number): report for person, number, report in rows}
        for table in Base.metadata.sorted_tables:
            for order, xmin, row in rows_of(connection, table):
                _look(material, table.name, row, {"order": order, "xmin": xmin}, known, copies)
    return material


def rows_of(connection: Connection, table: Table) -> Iterator[tuple[float, float, Mapping[str, Any]]]:
    """Physical order, transaction (0 on SQLite) and values of each row."""
    on_server = connection.dialect.name == "postgresql"
    written: ColumnElement[int] = literal_column(f"{table.name}.xmin::text::bigint" if on_server else "0").label("xmin")
    there: list[ColumnElement[Any]] = [literal_column(f"{table.name}.ctid" if on_server else "rowid")]
    if not on_server and not table.dialect_options["sqlite"]["with_rowid"]:
        there = [*table.primary_key.columns]  # as it lies in the file
    for order, row in enumerate(connection.execute(select(written, table).order_by(*there)).mappings()):
        yield float(order), float(row["xmin"]), {column.name: row[column] for column in table.columns}


def _look(
    material: Material,
    table: str,
    row: Mapping[str, Any],
    place: Mapping[str, float],
    known: Known,
    copies: Mapping[tuple[str, int], str],
) -> None:
    """Add the traces of a row, to the report and to the woman that it leads to."""
    report = _report_of(table, row, known, copies)
    values = {f"{kind}.{table}": value for kind, value in place.items() if value or kind == "order"}
    values |= {f"time.{table}.{name}": float(value) for name, value in row.items() if _is_second(value)}
    if report:
        sizes = {f"size.{table}.{name}": float(len(value)) for name, value in row.items() if isinstance(value, bytes)}
        material.reports += [Trace(name, report, value) for name, value in (values | sizes).items()]
    if woman := _woman_of(row, known):
        material.women += [Trace(name, woman, value) for name, value in values.items()]


def _is_second(value: object) -> bool:
    """Whether it is a second that says more than a day."""
    return isinstance(value, int) and value in SECONDS and value % DAY != 0


def _report_of(table: str, row: Mapping[str, Any], known: Known, copies: Mapping[tuple[str, int], str]) -> str:
    """Whose report a row is about; empty for none that is known."""
    if table not in REPORT_ROWS:
        return ""
    report = row.get("report") or row.get("id") or ""
    if table == "message":
        report = copies.get((row["person"], row["number"]), "")
    if table == "task":
        args = row["args"] if isinstance(row["args"], dict) else json.loads(row["args"])
        report = args.get("report", "")
    return known.reports.get(report, "")


def _woman_of(row: Mapping[str, Any], known: Known) -> str:
    """The woman whose number lies in a row, or to whom an id in it leads; empty for nobody."""
    for value in row.values():
        if isinstance(value, str) and value in known.words:
            return known.words[value]
        if isinstance(value, bytes | memoryview) and value:
            with suppress(Unsealable, UnicodeDecodeError):
                if woman := known.words.get(known.vault.open_for_sender(bytes(value))):
                    return woman
    return ""


def small_cells(engine: Engine, most: int = 4) -> int:
    """How many rows in the clear count a few women of one zone and month by what they told."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Tally).where(Tally.count <= most)) or 0


def steps(path: Path) -> list[bytes]:
    """The pages that each commit in SQLite's journal wrote, one after the other, with those of older rounds that stand
    behind the newest one still: each round adds one to the first half of its salt.
    """
    raw = path.read_bytes() if path.exists() else b""
    if len(raw) < WAL_HEAD:
        return []
    (page,) = struct.unpack(">I", raw[8:12])
    rounds = defaultdict[bytes, list[bytes]](list)
    now = b""
    for at in range(WAL_HEAD, len(raw) - page - FRAME_HEAD + 1, page + FRAME_HEAD):
        head = raw[at : at + FRAME_HEAD]
        now += raw[at + FRAME_HEAD : at + FRAME_HEAD + page]
        if struct.unpack(">I", head[4:8])[0]:
            rounds[head[8:16]].append(now)
            now = b""
    return [pages for salt in sorted(rounds) for pages in rounds[salt]]


def journal(name: str, path: Path, engine: Engine, known: Known) -> Material:
    """In which step of the journal each report, and each row of a woman, was written first."""
    material, commits = Material(name), steps(path)
    blobs: dict[bytes, str] = {word.encode(): woman for word, woman in known.words.items()}
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for _order, _xmin, row in rows_of(connection, table):
                if woman := _woman_of(row, known):
                    blobs |= {bytes(value): woman for value in row.values() if isinstance(value, bytes) and value}
                    blobs |= {row[column.name].encode(): woman for column in table.primary_key
                              if isinstance(row[column.name], str)}  # fmt: skip
    for found, tokens in ((material.reports, {id.encode(): who for id, who in known.reports.items()}),
                          (material.women, blobs)):  # fmt: skip
        for token, woman in tokens.items():
            step = next((number for number, pages in enumerate(commits) if token in pages), None)
            if step is not None:
                found.append(Trace("step.journal", woman, float(step)))
    return material


def pages(name: str, path: Path, known: Known) -> Material:
    """On which page of SQLite's file the key of each report, and each word that leads to a woman, stands first."""
    raw = path.read_bytes()
    size = struct.unpack(">H", raw[16:18])[0] or 1
    size = 65536 if size == 1 else size
    material = Material(name)
    for found, tokens in ((material.reports, known.reports), (material.women, known.words)):
        for token, woman in tokens.items():
            if (at := raw.find(token.encode())) >= 0:
                found.append(Trace("page.file", woman, float(at // size)))
    return material


def backup(name: str, rows: Iterable[Row], known: Known) -> Material:
    """The traces in an opened backup: the place of a row in it, and what stands in the row."""
    material, listed = (
        Material(name),
        [(row.table, {key: _value(value) for key, value in row.row.items()}) for row in rows],
    )
    copies = {(row["person"], row["number"]): row["report"] for table, row in listed if table == "step"}
    for place, (table, values) in enumerate(listed):
        _look(material, table, values, {"backup": float(place)}, known, copies)
    return material


def _value(value: object) -> Any:
    return b64decode(value["bytes"]) if isinstance(value, dict) and value.keys() == {"bytes"} else value
