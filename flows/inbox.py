"""A champion reads and takes a report on a basic phone: number and PIN, new reports, the text in pages, one key.

The PIN and the opening are trades: tried once a request, never in a replay, and what was opened is logged.
"""

from __future__ import annotations

from typing import Any

from bot.effects import PassReport, TakeReport
from bot.flow import Answers, End, Flow, Info, Menu, Option, Pick, Row, Trade, Traded, Values, _


def unlock(facts: Any, secret: str, answers: Answers) -> Traded:
    """Try the PIN of the number that dials: open | wrong | locked."""
    return facts.unlock(secret)  # type: ignore[no-any-return]


def new_reports(facts: Any, answers: Answers) -> list[Row]:
    """The reports of which this champion holds a copy and that nobody has taken."""
    return list(facts.new_reports(answers["pin_handle"]))


def open_report(facts: Any, secret: str, answers: Answers) -> Traded:
    """Open the chosen report and log who did: open | gone."""
    return facts.open_report(answers["pin_handle"], answers["new"])  # type: ignore[no-any-return]


def report_text(facts: Any, answers: Answers) -> Values:
    """The opened report, in the reader's language."""
    return facts.report_text(answers["pin_handle"], answers["new"])  # type: ignore[no-any-return]


inbox = Flow(
    "inbox",
    Trade(
        "pin",
        _("follow.pin", "Write your secret number."),
        unlock,
        again={"wrong": _("follow.wrong", "That is wrong. Write again.")},
        open="new",
        locked="locked",
    ),
    Pick("new", _("tasks.new", "New tasks"), among=new_reports, none="nothing"),
    Trade("opened", None, open_report, open="read", gone="gone"),
    Menu(
        "read",
        _("tasks.read", "{report}"),
        Option("take", _("officer.ack", "I take it"), to="rule"),
        Option("leave", _("officer.cannot", "I cannot"), to="left"),
        values=report_text,
        gives=("report",),
    ),
    Info("rule", _("officer.rule", "Do not call or write to her. Answer here only.")),
    End(
        "taken",
        _("tasks.taken", "Task {new}: you have it. Thank you."),
        effect=TakeReport,
        outcomes={"late": _("tasks.late", "Another person has it already.")},
    ),
    End(
        "left",
        _("officer.passed", "It goes to another person."),
        effect=PassReport,
        outcomes={
            "late": _("tasks.late", "Another person has it already."),
            "last": _("officer.last", "There is nobody else. Please answer yourself."),
        },
    ),
    End("gone", _("tasks.late", "Another person has it already.")),
    End("nothing", _("tasks.none", "There is no new task.")),
    End("locked", _("tasks.locked", "Too many errors. Ask your coordinator.")),
)
