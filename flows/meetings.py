"""Anybody hears of meetings, says that she comes, and afterwards how it was; asks for an SMS, or for none any more.

The SMS only hints: day, hour and place are read here. The place of a women's circle is read by who said that she comes.
"""

from __future__ import annotations

from typing import Any

from bot.effects import JoinNews, LeaveNews, SayComing, SayOpinion
from bot.flow import Answers, End, Flow, Fork, Menu, Option, Pick, Row, Trade, Traded, Values, _

YES, NO = _("common.yes", "Yes"), _("common.no", "No")
SMS = _("meet.sms_about", "SMS about meetings")
GONE = _("meet.none", "There is no meeting now.")
JOIN = Option("join", _("meet.join", "Send me SMS"), to="zone")
NO_MORE = _("meet.leave", "No more SMS")
LEFT = _("optout.done", "You will get no more messages from us.")


def upcoming(facts: Any, answers: Answers) -> list[Row]:
    """The meetings that were announced, and the way to the SMS."""
    return [*facts.meetings(), Row("sms", SMS)]


def any_meeting(facts: Any, answers: Answers) -> str:
    """Whether there is any."""
    return "yes" if facts.meetings() else "no"


def meeting(facts: Any, answers: Answers) -> Values:
    """What may be read of it before she has said that she comes."""
    return facts.meeting(answers["which"])  # type: ignore[no-any-return]


def when(facts: Any, answers: Answers) -> str:
    """Before or after: before | after | gone."""
    return facts.when(answers["which"])  # type: ignore[no-any-return]


def number(facts: Any, secret: str, answers: Answers) -> Traded:
    """The number that dials, sealed for this talk: kept."""
    return facts.sealed_number()  # type: ignore[no-any-return]


def zones(facts: Any, answers: Answers) -> list[Row]:
    """The zones where meetings are called."""
    return list(facts.served())


meetings = Flow(
    "meetings",
    Trade("number", None, number, kept="any"),
    Fork("any", any_meeting, yes="which", no="none"),
    Menu("none", GONE, JOIN, Option("leave", NO_MORE, to="left_at_once")),
    Pick("which", _("menu.meetings", "Meetings"), among=upcoming, none="gone", jumps={"sms": "sms"}),
    Fork("time", when, before="coming", after="safe", gone="gone"),
    Menu(
        "coming",
        _("meet.detail_ask", "{meeting} Will you come?"),
        Option("yes", _("meet.yes", "I will come")),
        Option("no", _("meet.no", "I will not come")),
        values=meeting,
        gives=("meeting",),
        to="told",
    ),
    End(
        "told",
        _("common.thanks", "Thank you."),
        effect=SayComing,
        outcomes={"place": _("meet.place", "Thank you. Place: {place}."), "gone": GONE},
    ),
    Menu("safe", _("meet.safe_after", "Were you safe on the way?"), Option("yes", YES), Option("no", NO)),
    Menu("spoke", _("meet.spoke", "Could you speak?"), Option("yes", YES), Option("no", NO)),
    Menu("again", _("meet.again", "Will you come again?"), Option("yes", YES), Option("no", NO), to="said"),
    End("said", _("common.thanks", "Thank you."), effect=SayOpinion, outcomes={"gone": GONE}),
    Menu("sms", SMS, JOIN, Option("leave", NO_MORE, to="left")),
    Pick("zone", _("leader.place", "Place?"), among=zones, none="gone", to="joined"),
    End("joined", _("optin.done", "You are registered for meetings. STOP to leave."), effect=JoinNews),
    End("left", LEFT, effect=LeaveNews),
    End("left_at_once", LEFT, effect=LeaveNews),
    End("gone", GONE),
)
