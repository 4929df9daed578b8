"""She reads the answer with her code and her four digits, answers what she is asked, or takes everything back (S22).

A mistyped code costs no try. A code that nobody has is answered with the same words after the same work (S8). What she
told is never shown here: whoever forces the digits out of her learns the answers, not the report.
"""

from __future__ import annotations

from bot.actions.reports import AnswerQuestion, EraseReport, Exclude
from bot.conversation import Answers, End, Flow, Fork, Menu, Option, Question, SideEffect, SideEffectResult, Values, _
from bot.conversation import answers as check
from flows.world import World

CHANGE = Option("change", _("follow.change", "Change who reads it"), to="readers")
ERASE = Option("erase", _("follow.erase", "Erase it all"), to="sure")
LEAVE = Option("leave", _("common.exit", "Exit"), to="left")
ERASED = _("follow.erased", "It is erased.")
NEWS = _("follow.news", "{news}")


def open_receipt(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the digits for her code: open | erased | broken | wrong | locked."""
    return world.receipts.open(answers["code"], secret)


def asked(world: World, answers: Answers) -> str:
    """Whether the last word is a question to her."""
    return world.receipts.asked(answers["code"], answers["pin_handle"])


def news(world: World, answers: Answers) -> Values:
    """Where it is, who has read it, what was answered."""
    return world.receipts.news(answers["code"], answers["pin_handle"])


follow = Flow(
    "follow",
    Question("code", _("follow.code", "Write your code."), check.receipt_code, longest=8),
    SideEffect(
        "pin",
        _("follow.pin", "Write your secret number."),
        open_receipt,
        again={"wrong": check.WRONG},
        open="asked",
        erased="gone",
        broken="broken",
        locked="locked",
    ),
    Fork("asked", asked, question="question", none="news"),
    Menu(
        "question",
        NEWS,
        Option("yes", _("common.yes", "Yes"), to="answered"),
        Option("no", _("common.no", "No"), to="answered"),
        CHANGE,
        ERASE,
        LEAVE,
        values=news,
        gives=("news",),
    ),
    Menu("news", NEWS, CHANGE, ERASE, LEAVE, values=news, gives=("news",)),
    Menu(
        "readers",
        _("follow.readers", "Who may read it?"),
        Option("men", _("report.wish.woman", "A woman officer")),
        Option("police", _("follow.no_police", "No police")),
        Option("station", _("follow.other_station", "Another police station")),
        to="excluded",
    ),
    Menu(
        "sure",
        _("follow.sure", "Erase all that you told?"),
        Option("yes", _("common.yes", "Yes"), to="erased"),
        Option("no", _("common.no", "No"), to="left"),
    ),
    End("answered", _("leader.sent", "Sent."), effect=AnswerQuestion, outcomes={"gone": ERASED}),
    End("erased", ERASED, effect=EraseReport),
    End(
        "excluded",
        _("leader.saved", "It is written. Thank you."),
        effect=Exclude,
        outcomes={"moved": _("officer.passed", "It goes to another person."), "gone": ERASED},
    ),
    End("gone", ERASED),
    End("broken", _("follow.cannot", "We cannot do it.")),
    End("left", _("common.thanks", "Thank you.")),
    End("locked", _("follow.later", "Too many errors. Come back later.")),
)
