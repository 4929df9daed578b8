"""What she adds to a report that she has just sent, in the same talk: each answer is joined as it is given.

The answers are sealed again at the same length under the same key, in one UPDATE of the report's row; nobody new reads
it and no row is written, so that nothing shows that she said more. A class only rises: then what waits is brought
forward. The report is known by a handle of the talk that filed it (`bot.reports.held`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import bindparam, select, update

from bot.country.routing_rules import Urgency
from bot.reports import men
from bot.reports.boxes import boxes_of
from bot.reports.case import case_of
from bot.reports.erasure import erase
from bot.reports.filing import WORDS_BLOCK, kept_wishes, sealed_words
from bot.reports.held import HeldReport
from bot.reports.more_readers import let_read
from bot.reports.new_report import NewReport, sealed_answers, with_answers
from bot.reports.proposals import now_reading, points_to
from bot.reports.reading import old_words
from bot.reports.receipts import WantedReceipt, keep_receipt, made_receipt
from bot.reports.rising import raise_class, tell
from bot.storage.audit import AuditAction, note
from bot.storage.tables.reports import Report, ReportStatus, Request
from bot.storage.tables.runtime import Task
from bot.storage.unit_of_work import Outcome, Work
from bot.vault.sealing import open_answers, seal_answers

Kept = Literal["kept", "gone"]
OF_POLICE = ("no_unit-", "no_police", "no_men")  # wishes that are exclusions
NOTHING = ("", "skip", ())  # no answer to a question
IT = (Report.id == bindparam("report"), Report.status != ReportStatus.ERASED)  # in statements that are written once
STANDS = select(Report).where(*IT).with_for_update(key_share=True)
PLAINLY = update(Report).where(*IT).execution_options(synchronize_session=False)  # its row is not read again


def add(work: Work, held: HeldReport, readers: str = "", **told: Any) -> Outcome[Kept]:
    """Join answers to the report; `told` are fields of `NewReport`. Readers stay who they are. If its class rises,
    what waits to be rung is brought forward.

    Outcomes: kept, with the value `points` (`bot.reports.proposals`), and `services`, which are `readers` and somebody
    to talk to, where she has just agreed to that | gone (it is erased). Raises `Unsealable` for the handle of another
    report.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    old = json.loads(open_answers(row.sealed, held.id, held.key))
    before = with_answers(old, _excluded(row))
    report = replace(before, **_said(work, row, old, before, told))
    _rewrite(work, held, row, old, report)
    risen, tasks = _risen(work, held, before, report)
    for request in risen:
        tasks += tuple(tell(work, request, urgent=True)) if request.urgency == Urgency.DANGER else ()
    wishes_woman = "woman" in told.get("wishes", ()) and "woman" not in old.get("wishes", "")
    points = "men" if wishes_woman and men.have_it(work, held.id) else points_to(report, told)
    values = {"points": points}
    for service in _also(report, told, work):
        asked = let_read(work, held, row, report, service)
        tasks += asked or ()
        if asked is not None and service == told.get("despair"):
            values["services"] = now_reading(readers, service)
    return Outcome("kept", values, tasks)


def _risen(
    work: Work, held: HeldReport, before: NewReport, report: NewReport
) -> tuple[Sequence[Request], tuple[str, ...]]:
    """The requests whose class rises by this answer, and tasks: an answer that changes no class asks for none."""
    was, now = (case_of(one, work.country).urgency for one in (before, report))
    return raise_class(work, held.id, now) if now != was else ((), ())


def _said(
    work: Work, row: Report, old: Mapping[str, str], before: NewReport, told: Mapping[str, Any]
) -> dict[str, Any]:
    """What an answer changes. *I don't know* or *nothing* takes nothing back that she said before; later words follow
    the earlier ones, as long as there is room.
    """
    said = {name: one for name, one in told.items() if one not in NOTHING or not getattr(before, name)}
    if "words" in said and (words := old_words(work.vault, row, old)):
        later = "" if said["words"] in NOTHING else f" {said['words']}"
        both = f"{words}{later}".encode()[: WORDS_BLOCK - 1]
        said["words"] = both.decode(errors="ignore")
    return said


def answer_proposal(
    work: Work, held: HeldReport, service: str, readers: str, *, yes: bool
) -> Outcome[Literal["kept", "gone", "nobody"]]:
    """What she said to the question whether one more service may read it; `readers` are those that do. Only a yes makes
    a request and copies; a no stays with the report, so that nobody asks her again.

    Outcomes: kept, with the values `services` and `points` | nobody (she agreed, and nobody of that service is there
    any more), with the same | gone. Raises `Unsealable` for another report's handle.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    old = json.loads(open_answers(row.sealed, held.id, held.key))
    told = with_answers(old, _excluded(row))
    asked = (*told.services, service) if yes else told.services
    report = replace(told, services=asked, refused=told.refused if yes else (*told.refused, service))
    _rewrite(work, held, row, old, report)
    tasks = let_read(work, held, row, report, service, talks_on=True) if yes else None
    read_by = now_reading(readers, service if tasks is not None else "")
    left = yes and tasks is None and service not in readers.split(",")
    return Outcome("nobody" if left else "kept", {"services": read_by, "points": ""}, tasks or ())


def _also(report: NewReport, told: Mapping[str, Any], work: Work) -> list[str]:
    """Who reads it because of what she has just said: somebody to talk to, if she agreed (S55); oversight, where words
    about parties or peoples would have kept it from those whom she chose (S48).
    """
    talk = ["talk"] if told.get("despair") == "talk" else []
    return [*talk, *(["oversight"] if case_of(report, work.country).parked else [])]


def answer_about_men(work: Work, held: HeldReport, readers: str, *, take: bool) -> Outcome[Kept]:
    """She wishes a woman, and men of the police have it: with `take` they lose it, else they keep it. `readers` are the
    services that read it.

    Outcomes: kept, with the values `points` and `services` (without the police where no officer is left) | gone. Raises
    `Unsealable` for the handle of another report.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    open_answers(row.sealed, held.id, held.key)
    tasks = men.take_from_men(work, row) if take else ()
    left = readers.split(",") if men.officers_read(work, held.id) else without_police(readers)
    return Outcome("kept", {"points": "", "services": ",".join(left)}, tasks)


def without_police(readers: str) -> list[str]:
    """These services without the police; oversight reads every report, and is named where nobody else is left."""
    return [one for one in readers.split(",") if one != "police"] or ["oversight"]


def _excluded(row: Report) -> list[str]:
    """Whom of the police she has excluded: it stands among the wishes of the row."""
    return [wish.removeprefix("no_") for wish in row.wishes.split(",") if wish.startswith(OF_POLICE)]


def _row(work: Work, held: HeldReport) -> Report | None:
    """The row of the report, locked until the transaction ends; None when it is erased."""
    return work.db.scalar(STANDS, {"report": held.id})


def _rewrite(work: Work, held: HeldReport, row: Report, old: Mapping[str, str], report: NewReport) -> None:
    """Put the report's answers, words, wishes and count in the place of those that are stored."""
    answers = sealed_answers(report)
    words: dict[str, bytes] = {}
    if report.words:
        key, words["words"] = sealed_words(report.words, held.id, row.week, work.vault)
    else:
        key = {name: old[name] for name in ("words", "words_key") if name in old}
    sealed = seal_answers(json.dumps(answers | key, ensure_ascii=False).encode(), held.id, held.key)
    tally = boxes_of(work.vault, held.id, row.week, row.month, report, None)["tally"]
    wishes = kept_wishes(case_of(report, work.country), report.excluded)
    work.db.execute(PLAINLY.values(sealed=sealed, wishes=wishes, tally=tally, **words), {"report": held.id})


def finish(work: Work, held: HeldReport) -> Outcome[Kept]:
    """She has done: the first alert of each request leaves now.

    Outcomes: kept | gone (the report is erased). Raises `Unsealable` for the handle of another report.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    open_answers(row.sealed, held.id, held.key)
    requests = work.db.scalars(select(Request.id).where(Request.report == held.id)).all()
    waits = Task.done_at.is_(None) & (Task.due_at > work.at)
    first = Task.key.in_([f"route:{request}:0" for request in requests]) & waits
    now_due = update(Task).where(first).values(due_at=work.at).returning(Task.key)
    return Outcome("kept", {}, tuple(sorted(work.db.scalars(now_due))))


def give_code(work: Work, held: HeldReport, wanted: WantedReceipt, language: str) -> Outcome[Literal["coded", "gone"]]:
    """A receipt for the report, and its number for an SMS where she wants one; the value `receipt` is her code.

    Outcomes: coded | gone (the report is erased). Raises `Unsealable` for a handle of another report or for a receipt
    that the vault has not made, `CodeTaken`.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    told = with_answers(json.loads(open_answers(row.sealed, held.id, held.key)))
    report = replace(told, language=language)
    receipt = made_receipt(wanted, held.id, row.week, work.vault)
    row.contact = boxes_of(work.vault, held.id, row.week, row.month, report, wanted)["contact"]
    work.db.flush()
    keep_receipt(work.db.connection(), receipt)
    return Outcome("coded", {"receipt": receipt.spaced, "coded": "yes"})


def take_back(work: Work, held: HeldReport) -> Outcome[Literal["done", "gone"]]:
    """She takes back what she has just sent: every key to it is destroyed before this returns (S22).

    Outcomes: done | gone (it is erased already). Raises `Unsealable` for the handle of another report.
    """
    row = _row(work, held)
    if row is None:
        return Outcome("gone")
    open_answers(row.sealed, held.id, held.key)
    erase(work.db, work.vault, row, work.at)
    note(work.db, work.vault, work.at, "", AuditAction.ERASED, held.id)
    return Outcome("done")
