"""Turns the answers of a talk, by screen, into the plain names of a `NewReport` and of what is added to it."""

from __future__ import annotations

from bot.actions.reports import AddKind, AddWords, FileComplaint, FileMessage, FileReport, GiveCode, WriteAgain
from bot.conversation.answers import without_numbers
from bot.conversation.nodes import NO_ROWS
from bot.reports.new_report import NewReport, listed
from bot.reports.receipts import WantedReceipt

POLICE, STATION = "police", "unit-"  # what she excludes and is no service


def new_report(action: FileReport) -> NewReport:
    """The report of a talk. A service that she excludes is not asked."""
    return NewReport(
        who=action.who,
        what=action.what,
        when="",
        zone=action.zone,
        services=tuple(one for one in chosen(action) if one != action.but),
        excluded=(action.but,) if action.but == POLICE or action.but.startswith(STATION) else (),
        kind=action.kind_other,
        power=action.power,
        instead_of_chosen=action.instead,
        instead_of_woman=action.instead_woman,
        refused=refused(action),
        language=action.language,
    )


def chosen(action: FileReport) -> tuple[str, ...]:
    """The services to which she has agreed: those of the list, and child protection where she was asked about it."""
    return (*listed(action.help), *(["child"] if action.child_too == "yes" else []))


def refused(action: FileReport) -> tuple[str, ...]:
    """The services of which she has said that they may not read it: nobody asks her about them again."""
    left_out = action.but if action.but and action.but != POLICE and not action.but.startswith(STATION) else ""
    return tuple(filter(None, (left_out, "child" if action.child_too == "no" else "")))


def new_complaint(action: FileComplaint) -> NewReport:
    """A complaint: oversight reads it, so no service is asked."""
    chosen = (action.other_zone, action.commune, action.province, action.zone)
    place = next(one for one in chosen if one not in ("", NO_ROWS))
    return NewReport(
        "skip", "other", action.when, place, (), kind=action.about, words=her_words(action), language=action.language
    )


def new_message(action: FileMessage) -> NewReport:
    """An SMS as a report: only the words, who may read them and the place are known."""
    return NewReport("skip", "skip", "skip", action.zone, listed(action.help), words=action.words)


def added_kind(action: AddKind) -> dict[str, str]:
    """What exactly it was, by the name of its field."""
    return {"kind": action.kind_forced or action.kind}


def added_words(action: AddWords) -> dict[str, str]:
    """Her words, and what she said to the offer that followed them."""
    return {"words": her_words(action) or "skip", "despair": action.crisis}


def her_words(action: AddWords | FileComplaint | WriteAgain) -> str:
    """Her words as they are kept: without telephone numbers where she wants them left out."""
    return without_numbers(action.words) if action.leave_out == "yes" else action.words


def receipt_before(action: FileReport | FileComplaint) -> WantedReceipt | None:
    """The receipt that she made before the sending, where the talk ends with it."""
    return WantedReceipt(action.pin_handle) if action.pin_handle else None


def wanted_receipt(action: GiveCode) -> WantedReceipt:
    """The receipt that she wants."""
    word = "" if action.word == "skip" else action.word
    return WantedReceipt(action.pin_handle, word, action.ping, action.number_handle)
