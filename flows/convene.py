"""Staff for meetings, after their PIN: they call a meeting, sign it, release or stop its notice, move, cancel, count.

What a person may do with a meeting depends on her role and on its state (`MeetingsWorld.stage`).
"""

from __future__ import annotations

from bot.actions.meetings import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    ConfirmCount,
    ConfirmMeeting,
    CountPeople,
    KeepPromise,
    MakePromise,
    MoveMeeting,
    ReleaseMeeting,
    RepeatMeeting,
    SignMeeting,
    StopMeeting,
    WriteMinutes,
)
from bot.actions.people import SwitchZone
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
from flows.pin import LOCKED, ask_pin
from flows.world import World

YES, NO = _("common.yes", "Yes"), _("common.no", "No")
EXIT = _("common.exit", "Exit")
SENT = _("leader.sent", "Sent.")
SAVED = _("leader.saved", "It is written. Thank you.")
DATE = _("leader.date", "Date? Example: 12/3")
HOUR = _("leader.time", "Hour? Example: 14:30")
GONE = _("meet.changed", "It has changed meanwhile. Look again.")
AUTHOR = _("meet.author", "Somebody else sends it.")
RED = _("meet.red", "It cannot go out like this.")
WRONG_DAY = {"wrong": check.WRONG, "past": _("plan.past", "That day is past.")}
CHANGE = _("meet.change", "Change it first")
SEND_TO = _("meet.preview", "{meeting} Send to {count} people?")
PLAN = _("meet.plan", "{meeting}")
CONCERNS = _("concern.title", "What people worry about")
ALONE = _("plan.group", "No women's group takes part.")
SEND = Option("send", _("report.send_now", "Send now"), to="release")
NOT_YOURS = _("promise.not_yours", "The women's group says that.")
WOMAN = _("leader.woman_who", "Which woman officer?")

HEADS = Option("heads", _("leader.counts", "Who came"), to="heads")
SENT_BY_SMS = Option("sms", _("leader.sms_count", "The number I sent by SMS"), to="sent")
DECIDED = _("minutes.title", "What was decided")
DEEDS = (
    Option("light", _("promise.light", "Light on the road")),
    Option("patrol", _("promise.patrol", "Officers walk there")),
    Option("bush", _("promise.bush", "Bush is cut")),
    Option("water", _("promise.water", "A safe way to water")),
    Option("school", _("promise.school", "A visit to the school")),
    Option("woman", _("promise.woman", "A woman officer on duty")),
)
FEW_WOMEN = _("leader.few_women", "Few women came: what can be changed?")
PLANS = (
    Option("childcare", _("leader.childcare", "Somebody stays with the children")),
    Option("way_home", _("leader.way_home", "Women go home together")),
    Option("transport", _("leader.transport", "The way is paid")),
    Option("women", _("leader.format.women", "Women, small group")),
    Option("other", _("common.other", "Other")),
)
AGAIN = _("leader.again", "The same again")
COUNTED = {
    "gone": GONE,
    "nobody": _("leader.zero", "Nobody came? Then cancel it."),
    "differs": _("leader.differs", "It is written. The other count is not the same."),
}


def has_key(world: World, answers: Answers) -> str:
    """Whether she has chosen her PIN; if not, the flow `inbox` asks her to. yes | no."""
    return "yes" if world.staff.has_key() else "no"


def agenda(world: World, answers: Answers) -> list[Row]:
    """Her meetings; for a leader also the row for a new one."""
    return list(world.meetings.agenda(answers["pin_handle"]))


def stage(world: World, answers: Answers) -> str:
    """What she may do with it now: a way of the fork `stage` below."""
    return world.meetings.stage(answers["pin_handle"], answers["which"])


def planned(world: World, answers: Answers) -> Values:
    """`meeting`: the meeting, what speaks against it, and how many said that they come."""
    return world.meetings.planned(answers["pin_handle"], answers["which"])


def preview(world: World, answers: Answers) -> Values:
    """`meeting`, and `count`: to how many people its notice goes."""
    return world.meetings.preview(answers["pin_handle"], answers["which"])


def draft(world: World, answers: Answers) -> Values:
    """`findings`: what speaks against the meeting that she is about to call."""
    return world.meetings.draft(answers)


def drafted(world: World, answers: Answers) -> Values:
    """`findings`: the meeting of her SMS, and what speaks against it."""
    return world.meetings.drafted(answers["pin_handle"], answers["which"])


def share(world: World, answers: Answers) -> str:
    """Whether so few women came that she has to say what is to change (S73): few | enough."""
    return "few" if check.few_women(answers["heads"]) else "enough"


def sent_share(world: World, answers: Answers) -> str:
    """The same for the count that she sent by SMS: few | enough."""
    heads = world.meetings.sent_heads(answers["pin_handle"], answers["which"])
    return "few" if heads and check.few_women(heads) else "enough"


def worried(world: World, answers: Answers) -> str:
    """Whether people wrote what they worry about: yes | no."""
    return "yes" if world.meetings.worried(answers["pin_handle"], answers["which"]) else "no"


def again(world: World, answers: Answers) -> list[Row]:
    """The days on which it may be held again: weekly, monthly, on the same weekday of a month."""
    return list(world.meetings.again(answers["pin_handle"], answers["which"]))


def concerns(world: World, answers: Answers) -> Values:
    """`concerns`: what people wrote, for the women's organisation of that zone."""
    return world.meetings.concerns(answers["pin_handle"], answers["which"])


def promises(world: World, answers: Answers) -> list[Row]:
    """The promises of that zone that are not kept yet."""
    return list(world.meetings.promises_of(answers["which"]))


def zones(world: World, answers: Answers) -> list[Row]:
    """The served zones in which she works."""
    return list(world.meetings.zones(answers["pin_handle"]))


def closing(world: World, answers: Answers) -> list[Row]:
    """Her zones, to close one or to open it again."""
    return list(world.meetings.closing(answers["pin_handle"]))


def venues(world: World, answers: Answers) -> list[Row]:
    """The registered places of the zone."""
    return list(world.meetings.venues(answers["zone"]))


def keep_unfinished(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Store what she has answered so far, in case the talk is cut off: kept."""
    return world.meetings.keep_unfinished(answers)


def women(world: World, answers: Answers) -> list[Row]:
    """The women officers and women of partners in the zone who can be asked to come."""
    return list(world.meetings.women(answers))


def listeners(world: World, answers: Answers) -> list[Row]:
    """To whom a woman may turn there, if she wants to tell something."""
    return list(world.meetings.listeners(answers))


def speaks_against(world: World, answers: Answers) -> str:
    """Whether anything speaks against the meeting: then its leader says why it is called all the same (S66). yes |
    no."""
    return "yes" if world.meetings.speaks_against(answers) else "no"


def other_women(world: World, answers: Answers) -> list[Row]:
    """The women who can be asked for a meeting that was called already."""
    return list(world.meetings.women_for(answers["which"]))


def day(world: World, text: str, answers: Answers) -> SideEffectResult:
    """The coming day of a date: day | wrong | past."""
    return world.day(text)


def spoken(world: World, answers: Answers) -> Values:
    """`spoken_time`: day and hour in words and digits, because Kirundi's hours are six behind the clock."""
    return world.spoken(answers["day_handle"], answers["hour"])


def spoken_anew(world: World, answers: Answers) -> Values:
    """The same for the new day and hour."""
    return world.spoken(answers["new_day_handle"], answers["new_hour"])


convene = Flow(
    "convene",
    Fork("key", has_key, yes="pin", no="first"),
    End("first", then="inbox"),
    ask_pin("which"),
    Pick("which", _("menu.meetings", "Meetings"), among=agenda, none="nothing",
         jumps={"new": "zone", "close": "closing"}),
    Fork(
        "stage", stage, come="come", sign="sign", second="second", release="release", stop="stop", own="own",
        count="after", delegate="delegate", look="look", draft="drafted",
        unfinished="length", gone="gone",
    ),
    Menu("come", PLAN, Option("yes", _("meet.yes", "I will come")), Option("no", _("meet.no", "I will not come")),
         values=planned, gives=("meeting",), to="answered"),
    End("answered", SAVED, effect=AnswerInvitation, outcomes={"gone": GONE}),
    Info("concerns", _("concern.list", "{concerns}"), values=concerns, gives=("concerns",), to="left"),
    Menu("sign", PLAN, Option("yes", _("meet.agree", "I agree")), Option("change", CHANGE),
         Option("no", NO), Option("concerns", CONCERNS, to="concerns"), values=planned,
         gives=("meeting",), to="signed"),
    Menu("second", SEND_TO, Option("yes", YES, to="released"), Option("change", CHANGE), Option("no", NO),
         Option("concerns", CONCERNS, to="concerns"), values=preview, gives=("meeting", "count"), to="signed"),
    End("signed", SAVED, effect=SignMeeting, outcomes={"gone": GONE, "red": RED, "author": AUTHOR}),
    Menu("release", SEND_TO, Option("yes", YES, to="released"),
         Option("no", NO, to="left"), values=preview, gives=("meeting", "count")),
    End("released", _("meet.hold", "It leaves in 10 minutes."), effect=ReleaseMeeting,
        outcomes={"gone": GONE, "red": RED, "unsigned": _("meet.called", "Nobody has signed it yet."),
                  "author": AUTHOR,
                  "late": _("meet.night", "Send it by day: 8:00 to 20:00."),
                  "enough": _("meet.enough", "Enough SMS for today. Send it tomorrow.")}),
    Menu("stop", PLAN, Option("stop", _("meet.stop", "Stop it"), to="stopped"), Option("leave", EXIT, to="left"),
         values=planned, gives=("meeting",)),
    End("stopped", SAVED, effect=StopMeeting, outcomes={"gone": GONE}),
    Menu("own", PLAN, Option("move", _("leader.move", "Move a meeting"), to="new_day"),
         Option("again", AGAIN, to="again"), Option("woman", WOMAN, to="another"),
         Option("cancel", _("leader.cancel", "Cancel a meeting"), to="sure"), SEND,
         Option("leave", EXIT, to="left"), values=planned, gives=("meeting",)),
    Pick("again", AGAIN, among=again, none="nothing", to="repeated"),
    End("repeated", SENT, effect=RepeatMeeting, outcomes={"gone": GONE, "alone": ALONE}),
    SideEffect("new_day", DATE, day, again=WRONG_DAY, day="new_hour"),
    Question("new_hour", HOUR, check.clock, longest=5),
    Menu("moving", _("leader.time_check", "Is it {spoken_time}?"), Option("yes", YES), values=spoken_anew,
         gives=("spoken_time",), to="moved"),
    End("moved", SENT, effect=MoveMeeting, outcomes={"gone": GONE}),
    Pick("another", WOMAN, among=other_women, none="no_woman", to="asked"),
    End("asked", SENT, effect=AskAnother, outcomes={"gone": GONE}),
    Menu("drafted", _("leader.draft", "{findings} Send it to the women's group?"), Option("yes", YES, to="agreed"),
         Option("no", NO, to="left"), values=drafted, gives=("findings",)),
    End("agreed", SENT, effect=ConfirmMeeting, outcomes={"gone": GONE, "alone": ALONE}),
    Menu("sure", _("leader.cancel", "Cancel a meeting"), Option("yes", YES, to="cancelled"),
         Option("no", NO, to="left")),
    End("cancelled", SENT, effect=CancelMeeting, outcomes={"gone": GONE}),
    Menu("look", PLAN, SEND, Option("leave", EXIT), values=planned, gives=("meeting",), to="left"),
    Menu("after", PLAN, HEADS, SENT_BY_SMS,
         Option("minutes", DECIDED, to="decided"),
         Option("again", AGAIN, to="again"),
         Option("promise", _("promise.make", "A promise"), to="what"),
         Option("kept", _("promise.kept", "A promise was kept"), to="promise"),
         Option("concerns", CONCERNS, to="concerns"),
         Option("leave", EXIT, to="left"), values=planned, gives=("meeting",)),
    Menu("delegate", PLAN, HEADS, SENT_BY_SMS, Option("leave", EXIT, to="left"), values=planned, gives=("meeting",)),
    Several("decided", _("minutes.what", "What was decided? Write the numbers, as 1*2."), *DEEDS,
            none=_("report.wish.none", "Nothing")),
    Fork("worried", worried, yes="settled", no="written"),
    Menu("settled", _("minutes.ask", "What people worry about: is there an answer?"), Option("yes", YES),
         Option("no", NO), to="written"),
    End("written", SAVED, effect=WriteMinutes, outcomes={"gone": GONE}),
    Menu("what", _("promise.what", "What was promised?"), *DEEDS),
    Menu("who", _("promise.who", "Who does it?"),
         Option("police", _("help.police", "Police")), Option("commune", _("promise.commune", "The commune")),
         Option("women", _("promise.women", "Women's group")),
         Option("leader", _("promise.leader", "Community leader"))),
    SideEffect("due", DATE, day, again=WRONG_DAY, day="promised"),
    End("promised", SAVED, effect=MakePromise, outcomes={"gone": GONE}),
    Pick("promise", _("promise.kept", "A promise was kept"), among=promises, none="no_promise", to="was_kept"),
    End("was_kept", SAVED, effect=KeepPromise, outcomes={"gone": NOT_YOURS}),
    End("no_promise", _("promise.none", "Nothing is promised now.")),
    Question("heads", _("leader.heads", "Women, men, girls, boys? Example: 23 11 4 0"), check.heads, longest=20,
             to="share"),
    Fork("share", share, few="plan", enough="counted"),
    Menu("plan", FEW_WOMEN, *PLANS),
    End("counted", SAVED, effect=CountPeople, outcomes=COUNTED),
    Fork("sent", sent_share, few="plan_too", enough="confirmed"),
    Menu("plan_too", FEW_WOMEN, *PLANS),
    End("confirmed", SAVED, effect=ConfirmCount, outcomes={**COUNTED, "none": _("leader.no_sms", "You sent none.")}),
    Pick("zone", _("leader.place", "Place?"), among=zones, none="nothing"),
    Pick("venue", _("leader.place", "Place?"), among=venues, none="nothing"),
    Menu("kind", _("leader.kind", "What for?"),
         Option("consultation", _("kind.consultation", "To hear people")),
         Option("training", _("kind.training", "To learn")),
         Option("sensitisation", _("kind.sensitisation", "To explain rights")),
         Option("school", _("kind.school", "In a school")),
         Option("theatre", _("kind.theatre", "Theatre")),
         Option("defence", _("kind.defence", "Self-defence")),
         Option("committee", _("kind.committee", "Committee")),
         Option("walk", _("kind.walk", "A walk to see dark places"))),
    SideEffect("day", DATE, day, again=WRONG_DAY, day="hour"),
    Question("hour", HOUR, check.clock, longest=5),
    Menu("clock", _("leader.time_check", "Is it {spoken_time}?"), Option("yes", YES), values=spoken,
         gives=("spoken_time",)),
    SideEffect("kept", None, keep_unfinished, kept="length"),
    Menu("length", _("leader.length", "How many hours?"), Option("1", _("leader.hours1", "1 hour")),
         Option("2", _("leader.hours2", "2 hours")), Option("3", _("leader.hours3", "3 hours"))),
    Menu("whom", _("leader.format", "For whom?"), Option("women", _("leader.format.women", "Women, small group")),
         Option("all", _("leader.format.all", "Everyone")), Option("women_all", _("meet.womenonly", "Women only."))),
    Pick("woman", WOMAN, among=women, none="no_woman"),
    Several("there", _("leader.there", "What is there? Write the numbers, as 1*2."),
            Option("childcare", _("leader.childcare", "Somebody stays with the children")),
            Option("way_home", _("leader.way_home", "Women go home together")),
            Option("transport", _("leader.transport", "The way is paid")),
            none=_("report.wish.none", "Nothing")),
    Several("languages", _("leader.languages", "Which languages? Write the numbers, as 1*2."),
            Option("rn", _("lang.rn", "Ikirundi")), Option("fr", _("lang.fr", "Francais")),
            Option("hi", _("lang.hi", "Hindi")), Option("en", _("lang.en", "English")),
            none=_("common.dontknow", "I don't know")),
    Menu("most", _("leader.most", "How many people?"), Option("15", _("leader.most15", "Up to 15")),
         Option("30", _("leader.most30", "Up to 30")), Option("60", _("leader.most60", "Up to 60")),
         Option("0", _("leader.format.all", "Everyone"))),
    Pick("contact", _("help.talk", "Someone to talk to"), among=listeners, none="confirm"),
    Menu("confirm", _("leader.draft", "{findings} Send it to the women's group?"), Option("yes", YES, to="speaks"),
         Option("no", NO, to="left"), values=draft, gives=("findings",)),
    Fork("speaks", speaks_against, yes="reason", no="called"),
    Menu("reason", _("officer.why", "Why?"), Option("asked", _("leader.why_asked", "Women want it so")),
         Option("only", _("leader.why_only", "There is no other")), Option("other", _("common.other", "Other")),
         to="called"),
    Pick("closing", _("leader.place", "Place?"), among=closing, none="nothing", to="switched"),
    End("switched", SAVED, effect=SwitchZone, outcomes={
        "closed": _("switch.closed", "It is closed: nobody is asked to tell there."),
        "asked": SAVED, "gone": GONE}),
    End("called", SENT, effect=CallMeeting, outcomes={"gone": GONE, "alone": ALONE}),
    End("left", _("common.thanks", "Thank you.")),
    End("gone", GONE),
    End("no_woman", _("plan.woman", "No woman officer has said yes.")),
    End("nothing", _("meet.none", "There is no meeting now.")),
    LOCKED,
)  # fmt: skip
