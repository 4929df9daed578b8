"""With her code and four digits she reads the answer, answers a question, excludes readers or erases her report (S22);
she says whether it helped, writes to whoever has it, and opens again what was closed.

A mistyped code is not counted as a try. A code that nobody has gets the same words after the same work (S8). What she
told is never shown here: whoever forces her to give the digits reads the answers, not the report.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.actions.reports import AnswerQuestion, EraseReport, Exclude, RateAnswer, Reopen, WriteAgain
from bot.conversation import (
    Answers,
    End,
    Flow,
    Fork,
    Info,
    Menu,
    Option,
    Pick,
    Question,
    Row,
    SideEffect,
    SideEffectResult,
    Values,
    _,
)
from bot.conversation import answers as check
from flows.hand_over import asked_about_a_zone
from flows.numbers import ask_to_leave_out
from flows.report import DANGER, DANGERS, PEOPLE, dangers, people
from flows.world import World

CHANGE = Option("change", _("follow.change", "Change who reads it"), to="readers")
ERASE = Option("erase", _("follow.erase", "Erase it all"), to="sure")
LEAVE = Option("leave", _("common.exit", "Exit"), to="left")
RATE = Option("rate", _("follow.rate", "Did the answer help?"), to="rates")
REOPEN = Option("reopen", _("follow.reopen", "Open it again"), to="reopens")
WHICH = _("report.type.which", "Which one?")
SAY = Option("say", _("told.more", "Say more"), to="tell_more")
SENT = _("leader.sent", "Sent.")
REOPENED = _("follow.reopened", "It is open again.")
SAVED = _("leader.saved", "It is written. Thank you.")
CANNOT = _("follow.cannot", "We cannot do it.")
ERASED = _("follow.erased", "It is erased.")
NO_REPLY = _("follow.noreply", "No reply yet.")
NOT_WRITTEN = {
    "gone": ERASED,
    "closed": _("follow.closed_meanwhile", "It was not sent: it is finished. You may open it again."),
}
NEWS = _("follow.news", "{news}")


def open_receipt(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the digits for her code: open | erased | broken | wrong | locked."""
    return world.receipts.open(answers["code"], secret)


def asked(world: World, answers: Answers) -> str:
    """What she may do with what she reads: question | answered | closed | mixed | none; closed_unrated and
    mixed_unrated where nothing has been answered."""
    return world.receipts.asked(answers["code"], answers["pin_handle"])


def news(world: World, answers: Answers) -> Values:
    """`news`: the state of her report, who has opened it, what was answered."""
    return world.receipts.news(answers["code"], answers["pin_handle"])


def answered(world: World, answers: Answers) -> Sequence[Row]:
    """The services of whose answer she may say whether it helped."""
    return world.receipts.answered(answers["code"], answers["pin_handle"])


def closed(world: World, answers: Answers) -> Sequence[Row]:
    """The services whose requests are closed."""
    return world.receipts.closed(answers["code"], answers["pin_handle"])


def speaks_of_suicide(world: World, answers: Answers) -> str:
    """Whether her words speak of ending her life: then she reads where to find people (S55). crisis | none."""
    return "crisis" if world.despairs(answers["words"]) else "none"


def how_many_answered(world: World, answers: Answers) -> str:
    """Whether she has to say which of them she means: one | several."""
    return "several" if len(answered(world, answers)) > 1 else "one"


def how_many_closed(world: World, answers: Answers) -> str:
    """The same of what is closed."""
    return "several" if len(closed(world, answers)) > 1 else "one"


follow = Flow(
    "follow",
    Question("code", _("follow.code", "Write your code."), check.receipt_code, longest=8),
    SideEffect(
        "pin",
        _("follow.pin", "Write your secret digits."),
        open_receipt,
        again={"wrong": check.WRONG},
        open="moves",
        erased="gone",
        broken="broken",
        locked="locked",
    ),
    *asked_about_a_zone(otherwise="asked"),
    Fork(
        "asked",
        asked,
        question="question",
        none="news",
        answered="answered",
        closed="closed",
        mixed="mixed",
        closed_unrated="closed_unrated",
        mixed_unrated="mixed_unrated",
    ),
    Menu(
        "question",
        NEWS,
        Option("yes", _("common.yes", "Yes"), to="replied"),
        Option("no", _("common.no", "No"), to="replied"),
        SAY,
        CHANGE,
        ERASE,
        LEAVE,
        values=news,
        gives=("news",),
    ),
    Menu("news", NEWS, SAY, CHANGE, ERASE, LEAVE, values=news, gives=("news",)),
    Menu("answered", NEWS, RATE, SAY, CHANGE, ERASE, LEAVE, values=news, gives=("news",)),
    Menu("closed", NEWS, RATE, REOPEN, ERASE, LEAVE, values=news, gives=("news",)),
    Menu("mixed", NEWS, RATE, REOPEN, SAY, CHANGE, ERASE, LEAVE, values=news, gives=("news",)),
    Menu("closed_unrated", NEWS, REOPEN, ERASE, LEAVE, values=news, gives=("news",)),
    Menu("mixed_unrated", NEWS, REOPEN, SAY, CHANGE, ERASE, LEAVE, values=news, gives=("news",)),
    Fork("rates", how_many_answered, one="rating", several="rated"),
    Pick("rated", WHICH, answered, none="left"),
    Menu(
        "rating",
        RATE.label,
        Option("1", _("common.yes", "Yes")),
        Option("2", _("follow.a_little", "A little")),
        Option("3", _("common.no", "No")),
        to="rated_now",
    ),
    Fork("reopens", how_many_closed, one="reopened", several="closed_one"),
    Pick("closed_one", WHICH, closed, none="left", to="reopened"),
    Menu(
        "tell_more",
        SAY.label,
        Option("danger", DANGER, to="in_danger"),
        Option("worse", _("follow.worse", "It is getting worse")),
        Option("no_call", _("follow.no_call", "Please do not call")),
        Option("moved", _("follow.moved", "I moved")),
        Option("over", _("follow.over", "It is over")),
        Option("words", _("follow.words", "In my words"), to="words"),
        to="written",
    ),
    Question("words", _("sms.write", "Write. No names."), check.words, longest=check.LONGEST_WORDS),
    *ask_to_leave_out("heard"),
    Fork("heard", speaks_of_suicide, crisis="in_crisis", none="written"),
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
    End("written", SENT, effect=WriteAgain, outcomes=NOT_WRITTEN),
    End("in_danger", SENT, effect=WriteAgain, outcomes=NOT_WRITTEN, then="follow_danger", stops=("gone",)),
    End("in_crisis", SENT, effect=WriteAgain, outcomes=NOT_WRITTEN, then="follow_crisis", stops=("gone",)),
    End("replied", SENT, effect=AnswerQuestion, outcomes=NOT_WRITTEN),
    End("erased", ERASED, effect=EraseReport),
    End("rated_now", SAVED, effect=RateAnswer, outcomes={"gone": ERASED, "not_yet": NO_REPLY}),
    End(
        "reopened",
        REOPENED,
        effect=Reopen,
        outcomes={
            "off_duty": _("follow.reopened_off_duty", "It is open again. Nobody is on duty now."),
            "late": REOPENED,
            "nobody": CANNOT,
            "gone": ERASED,
        },
    ),
    End(
        "excluded",
        SAVED,
        effect=Exclude,
        outcomes={"moved": _("officer.passed", "It goes to another person."), "gone": ERASED},
    ),
    End("gone", ERASED),
    End("broken", CANNOT),
    End("left", _("common.thanks", "Thank you.")),
    End("locked", _("follow.later", "Too many errors. Come back later.")),
)


LEFT = End("left", _("common.thanks", "Thank you."))
follow_danger = Flow("follow_danger", Info("danger", DANGERS, values=dangers, gives=("danger",)), LEFT)
follow_crisis = Flow("follow_crisis", Info("crisis", PEOPLE, values=people, gives=("health",)), LEFT)
FOLLOWING = (follow, follow_danger, follow_crisis)
