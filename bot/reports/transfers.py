"""What is kept while the reporter is asked whether the people of another zone may have her request (`Transfer`).

Whoever asks her seals to each reader there what that reader will read, and all of it together to her receipt, which
opens with her code and four digits alone. So nobody there reads anything before her yes, and whoever forces her to give
the digits reads nothing that she told (decisions 044, 049). What she writes in between is sealed likewise.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.reports.receipts import ReceiptHolder, key_to_her
from bot.storage.tables.people import Person
from bot.storage.tables.reports import Report, Request, RequestStatus, Transfer
from bot.storage.unit_of_work import Work
from bot.vault.sealing import open_line, seal_line

BLOCK = 4096  # bytes: its length shows how much was said in thousands of bytes only
WAITS = (RequestStatus.NEW, RequestStatus.TAKEN, RequestStatus.UNHELPED)


@dataclass(frozen=True)
class Offered:
    """What one reader of the other zone is offered: the key of the answers, sealed to her `public` key, and by their
    number the messages, each sealed to her.
    """

    public: bytes = field(repr=False)
    key: bytes = field(repr=False)
    lines: dict[int, bytes] = field(repr=False)

    @classmethod
    def of(cls, texts: Mapping[str, Any]) -> Offered:
        """The inverse of `texts`."""
        lines = {int(number): b64decode(line) for number, line in texts["lines"].items()}
        return cls(b64decode(texts["public"]), b64decode(texts["key"]), lines)

    @property
    def texts(self) -> dict[str, Any]:
        """It as it is sealed to her receipt."""
        lines = {number: _text(line) for number, line in self.lines.items()}
        return {"public": _text(self.public), "key": _text(self.key), "lines": lines}


def pending(db: Session, report: str) -> Transfer | None:
    """What she is asked of one of the open requests of a report; None when nothing is."""
    asked = select(Transfer).join(Request, Request.id == Transfer.request)
    asked = asked.where(Request.report == report, Request.status.in_(WAITS), Transfer.part == 0)
    return db.scalar(asked.order_by(Transfer.request).limit(1))


def ask(
    work: Work, request: Request, zone: str, receipt: bytes, offered: Mapping[str, Offered], case: Mapping[str, Any]
) -> None:
    """Keep what she is asked: `offered` by person id, and of the `case` what an order of readers needs. `receipt` is
    the public key of her receipt.
    """
    readers = {who: one.texts for who, one in offered.items()}
    _keep(work, request, 0, (zone, [*offered]), receipt, {"readers": readers, "case": case})


def also(work: Work, report: Report, request: str, number: int, plain: bytes, length: int) -> None:
    """A message that she writes while she is asked is kept for those readers too: to one request, or (empty) to all."""
    of = (Request.report == report.id) & (Request.id == request if request else Request.id != "")
    asked = select(Transfer).join(Request, Request.id == Transfer.request).where(of, Transfer.part == 0)
    for transfer in work.db.scalars(asked).all():
        public = key_to_her(work, report.id)
        keys = work.db.execute(select(Person.id, Person.public_key).where(Person.id.in_(transfer.readers.split(","))))
        lines = {row.id: _text(seal_line(plain, report.id, number, row.id, row.public_key, length)) for row in keys}
        if isinstance(public, str):
            continue
        parts = work.db.scalars(select(Transfer.part).where(Transfer.request == transfer.request)).all()
        its = work.db.get_one(Request, transfer.request)
        _keep(work, its, len(parts), (transfer.zone, [*lines]), public, {"number": number, "lines": lines})


def opened(
    work: Work, report: Report, holder: ReceiptHolder, request: str
) -> tuple[dict[str, Offered], dict[str, Any]]:
    """What was offered to whom, by person id, and the case, as her receipt opens them. Raises `Unsealable`."""
    rows = work.db.scalars(select(Transfer).where(Transfer.request == request).order_by(Transfer.part)).all()
    sealed = work.vault.unwrap(report.week, report.id, [row.sealed for row in rows])
    first, *later = (
        json.loads(open_line(one, report.id, _number(row.part), request, holder.private))
        for row, one in zip(rows, sealed, strict=True)
    )
    offered = {who: Offered.of(texts) for who, texts in first["readers"].items()}
    for more in later:
        for who, line in more["lines"].items():
            offered[who].lines[more["number"]] = b64decode(line)
    return offered, first["case"]


def forget(db: Session, requests: Iterable[str]) -> None:
    """She is asked no more: she has answered, or nothing of it is left."""
    db.execute(delete(Transfer).where(Transfer.request.in_([*requests])))


def _keep(
    work: Work, request: Request, part: int, whom: tuple[str, Sequence[str]], receipt: bytes, what: Mapping[str, Any]
) -> None:
    zone, readers = whom
    plain = json.dumps(what).encode()
    sealed = seal_line(plain, request.report, _number(part), request.id, receipt, BLOCK)
    week = work.db.get_one(Report, request.report).week
    (wrapped,) = work.vault.wrap(week, request.report, [sealed])
    work.db.add(Transfer(request=request.id, part=part, zone=zone, readers=",".join(readers), sealed=wrapped))
    work.db.flush()


def _number(part: int) -> int:
    """Below every number of a message: what is sealed as one cannot be taken for the other."""
    return -1 - part


def _text(data: bytes) -> str:
    return b64encode(data).decode()
