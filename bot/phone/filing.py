"""Turns the answers of a talk, by screen, into the plain names of a `NewReport`."""

from __future__ import annotations

from bot.actions.reports import FileMessage, FileReport
from bot.reports.new_report import NewReport
from bot.reports.receipts import WantedReceipt


def new_report(action: FileReport) -> NewReport:
    """The report of a talk."""
    return NewReport(
        who=action.who,
        what=action.what,
        when=action.when,
        zone=action.zone,
        services=_chosen(action.help),
        kind=action.kind or action.kind_forced or action.kind_other,
        power=action.power,
        instead_of_chosen=action.instead,
        setting=action.near,
        wishes=_chosen(action.wishes),
        instead_of_woman=action.instead_woman,
        words=action.words,
        despair=action.crisis,
        language=action.language,
    )


def new_message(action: FileMessage) -> NewReport:
    """An SMS as a report: only the words, who may read them and the place are known."""
    return NewReport("skip", "skip", "skip", action.zone, _chosen(action.help), words=action.words)


def wanted_receipt(action: FileReport) -> WantedReceipt | None:
    """The receipt that she made in the talk, or None."""
    if not action.pin_handle:
        return None
    word = "" if action.word == "skip" else action.word
    return WantedReceipt(action.pin_handle, word, action.ping, action.number_handle)


def _chosen(answer: str) -> tuple[str, ...]:
    """The values of a page where several may be chosen."""
    return tuple(answer.split(",")) if answer else ()
