"""Anybody reads about meetings, says whether she comes and afterwards how it was, subscribes to SMS or unsubscribes.

An SMS says only that there is news: day, hour and place are read here. The place of a women's circle is shown to
whoever has said that she comes.
"""

from __future__ import annotations

from bot.actions.meetings import JoinNews, LeaveNews, SayComing, SayConcern, SayOpinion
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
    Several,
    SideEffect,
    SideEffectResult,
    Values,
    _,
)
from bot.conversation import answers as check
from flows.world import World

YES, NO = _("common.yes", "Yes"), _("common.no", "No")
NOBODY = _("concern.nobody", "It was not sent: nobody can read it now.")
PROMISES = _("promise.title", "What was promised")
SMS = _("meet.sms_about", "SMS about meetings")
GONE = _("meet.none", "There is no meeting now.")
JOIN = Option("join", _("meet.join", "Send me SMS"), to="zone")
MINE = _("meet.mine_title", "What you keep of me")
NO_MORE = _("meet.leave", "No more SMS")
LEFT = _("optout.done", "You will get no more messages from us.")

MINUTES = _("minutes.lines", "{minutes}")

OTHER_ROWS = {"sms": "sms", "promises": "promises"}


def upcoming(world: World, answers: Answers) -> list[Row]:
    """The announced meetings, a row for promises where there are any, and a row for SMS."""
    promised = [Row("promises", PROMISES)] if world.meetings.has_promises() else []
    return [*world.meetings.announced(), *promised, Row("sms", SMS)]


def any_meeting(world: World, answers: Answers) -> str:
    """Whether there is a meeting or a promise to read: yes | no."""
    return "yes" if world.meetings.announced() or world.meetings.has_promises() else "no"


def meeting(world: World, answers: Answers) -> Values:
    """`meeting`: what may be read of it before she has said that she comes."""
    return world.meetings.announcement(answers["which"])


def offers(world: World, answers: Answers) -> Values:
    """`offers`: what makes it possible to come: somebody for the children, the way home, languages, whom to talk to."""
    return world.meetings.offers(answers["which"])


def when(world: World, answers: Answers) -> str:
    """What she can do with it: before | after | both | read | gone, as `MeetingsWorld.when` says."""
    return world.meetings.when(answers["which"])


def minutes(world: World, answers: Answers) -> Values:
    """`minutes`: what was decided there."""
    return world.meetings.minutes(answers["which"])


def promises(world: World, answers: Answers) -> Values:
    """`promises`: what was promised, by whom, by when."""
    return world.meetings.promises()


def number(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """The number that dials, sealed for this talk: kept."""
    return world.sealed_number()


def mine(world: World, answers: Answers) -> Values:
    """`mine`: what is stored about the number that dials."""
    return world.meetings.subscription()


def zones(world: World, answers: Answers) -> list[Row]:
    """The zones where meetings are called."""
    return list(world.places.served())


meetings = Flow(
    "meetings",
    SideEffect("number", None, number, kept="any"),
    Fork("any", any_meeting, yes="which", no="none"),
    Menu("none", GONE, JOIN, Option("mine", MINE, to="mine"), Option("leave", NO_MORE, to="left_at_once")),
    Pick(
        "which",
        _("menu.meetings", "Meetings"),
        among=upcoming,
        none="gone",
        jumps=OTHER_ROWS,
    ),
    Fork("time", when, before="coming", after="safe", both="minutes", read="decided", gone="gone"),
    Menu(
        "coming",
        _("meet.detail_ask", "{meeting} Will you come?"),
        Option("yes", _("meet.yes", "I will come")),
        Option("no", _("meet.no", "I will not come")),
        Option("concern", _("concern.say", "I worry about something"), to="concern"),
        Option("offers", _("meet.offers", "What is there?"), to="offers"),
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
    Question(
        "concern", _("concern.write", "In a few words, without names: what?"), check.words, longest=check.LONGEST_WORDS
    ),
    End(
        "concerned", _("leader.sent", "Sent."), effect=SayConcern, outcomes={"gone": GONE, "nobody": NOBODY}
    ),  # fmt: skip
    Info("decided", MINUTES, values=minutes, gives=("minutes",), to="read"),
    Info("minutes", MINUTES, values=minutes, gives=("minutes",)),
    Menu("safe", _("meet.safe_after", "Were you safe on the way?"), Option("yes", YES), Option("no", NO)),
    Menu("spoke", _("meet.spoke", "Could you speak?"), Option("yes", YES), Option("no", NO)),
    Menu("again", _("meet.again", "Will you come again?"), Option("yes", YES), Option("no", NO), to="said"),
    End("said", _("common.thanks", "Thank you."), effect=SayOpinion, outcomes={"gone": GONE}),
    Info("promises", _("promise.list", "{promises}"), values=promises, gives=("promises",), to="read"),
    Info("offers", _("meet.offered", "{offers}"), values=offers, gives=("offers",), to="read"),
    End("read", _("common.thanks", "Thank you.")),
    Menu("sms", SMS, JOIN, Option("mine", MINE, to="mine"), Option("leave", NO_MORE, to="left")),
    Info("mine", _("meet.mine", "{mine}"), values=mine, gives=("mine",), to="read"),
    Pick("zone", _("leader.place", "Place?"), among=zones, none="gone"),
    Several(
        "kinds",
        _("meet.which_kinds", "Which ones? Write the numbers, as 1*2."),
        Option("consultation", _("kind.consultation", "To hear people")),
        Option("training", _("kind.training", "To learn")),
        Option("sensitisation", _("kind.sensitisation", "To explain rights")),
        Option("theatre", _("kind.theatre", "Theatre")),
        Option("defence", _("kind.defence", "Self-defence")),
        none=_("meet.all_kinds", "All meetings"),
    ),
    Menu(
        "hours",
        _("meet.when", "When can you come?"),
        Option("any", _("meet.any_hour", "At any hour")),
        Option("morning", _("meet.morning", "In the morning")),
        Option("afternoon", _("meet.afternoon", "In the afternoon")),
        to="joined",
    ),
    End("joined", _("optin.done", "You are registered for meetings. STOP to leave."), effect=JoinNews),
    End("left", LEFT, effect=LeaveNews),
    End("left_at_once", LEFT, effect=LeaveNews),
    End("gone", GONE),
)
