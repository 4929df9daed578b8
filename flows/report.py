"""She reports what happened, without a name: the short way to *Send now*, where it is committed (S29, S31). What she
tells after that is added answer by answer (`flows.told`).

The order of the screens keeps rules: the limits before any question (S16), with a key for danger on each of their pages
(S43); who it happened to before anybody reads it (S38-S41, S47); the health card at once after sexual violence (S57); a
place that nobody serves is said before she has told more (S90); police never first and never preselected (S20); nothing
is sent before *Send now* (S12).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.actions.reports import FileReport
from bot.conversation import (
    CONTINUE,
    Answers,
    End,
    Flow,
    Fork,
    Info,
    Menu,
    Msg,
    Option,
    Pick,
    Row,
    Said,
    Several,
    SideEffect,
    SideEffectResult,
    Values,
    _,
)
from bot.conversation import answers as check
from flows import places
from flows.world import World

SKIP = _("common.dontknow", "I don't know")
OVERSIGHT = _("people.supervisor", "Supervisor")
AND = _("report.and", "{one}, {others}")
ARRIVED = _("report.arrived", "It arrived.")
THANKS = _("report.sent", "Thank you. It arrived. You can get help later too. You may erase this number.")
ABOUT_POLICE = _("report.type.police", "About the police")
COMPLAINT = _("report.type.complaint", "Police or our staff")
DANGER = _("report.danger_now", "Danger now")
PEOPLE = _(
    "report.danger_people", "Go where there are other people and light. Health centre: {health}. This service is slow."
)
CALL = _("report.danger_call", "Danger now: {number}.")
NEAREST = _("report.nearest", "the nearest")
DANGERS = _("report.danger_page", "{danger}")
MOST_CALLS = 2  # numbers; a page holds no more beside the sentence where to go
SEND_TO = _("report.send_to", "Send it to: {whom}?")
SEND_NOW = Option("now", _("report.send_now", "Send now"), to="sent")
DO_NOT_SEND = Option("no", _("report.do_not_send", "Do not send"), to="unsent")
SEND_CODED = _("report.send_coded", "Your code: {receipt}. Keep it in your head. Send it to: {whom}?")
BUT = Option("but", _("report.but", "But not to ..."), to="but")
CODED = ("receipt", "receipt_no_woman", "receipt_parked")  # outcomes of a sending with a code, which nothing follows
READ_TOO = _("report.read_too", "May {helper} read it too?")
TALK = _("help.talk", "Someone to talk to")
HELPERS = {
    "health": _("help.health", "Doctor"),
    "talk": TALK,
    "legal": _("help.legal", "Lawyer"),
    "shelter": _("help.shelter", "Place to stay"),
    "child": _("help.child", "Child protection"),
    "police": _("help.police", "Police"),
}


def has_help(world: World, answers: Answers) -> str:
    """Whether reports of her zone are answered: elsewhere she can only be informed (S90). yes | no."""
    return "yes" if world.places.is_served(answers["zone"]) else "no"


def asks_police(world: World, answers: Answers) -> str:
    """Whom she chose: police (asked one more question, S44) | others | nobody (she gets information, S21)."""
    wanted = answers["help"].split(",")
    return "police" if "police" in wanted else "others" if answers["help"] else "nobody"


def reached(world: World, answers: Answers) -> str:
    """Whether anybody she agreed to can read it now; others are asked for, never given it unasked (S18, S44). yes |
    nobody."""
    return "nobody" if world.reports.reached(answers) == "nobody" else "yes"


def not_on_duty(world: World, answers: Answers) -> Values:
    """`absent`: of which services nobody is on duty now, and from when somebody is."""
    return world.reports.not_on_duty(answers)


def is_no_fir(world: World, answers: Answers) -> str:
    """Whether it goes to India's police, for whom it is no case yet: she reads that before she sends (S27). yes |
    no."""
    return "yes" if world.reports.is_no_fir(answers) else "no"


def wants_a_woman(world: World, answers: Answers) -> str:
    """Whether an officer would read it and none on duty is a woman: then she says who may (S53). ask | no."""
    asked = "police" in answers["help"].split(",") and answers.get("power") == "no"
    return "ask" if asked and not world.reports.woman_on_duty(answers) else "no"


def asks_child_protection(world: World, answers: Answers) -> str:
    """Whether she is asked about child protection: it is a child's report, others may read it, and child protection is
    not among them (S38). ask | no."""
    return "ask" if answers["help"] and world.reports.lacks_child_protection(answers) else "no"


def child_protection(world: World, answers: Answers) -> Values:
    """`helper`: child protection."""
    return {"helper": HELPERS["child"]}


def agreed(answers: Answers) -> list[str]:
    """The services to which she has agreed, as she chose them."""
    more = ["child"] if answers.get("child_too") == "yes" else []
    return [*(one for one in answers["help"].split(",") if one), *more]


def left_out(world: World, answers: Answers) -> list[Row]:
    """Whom she can leave out: each service that she chose, and the stations whose officers would read it (S45)."""
    chosen = [Row(one, HELPERS[one]) for one in agreed(answers)]
    return [*chosen, *world.reports.stations(answers)]


def whom(world: World, answers: Answers) -> Values:
    """`whom`: those to whom it is sent, and those to whom the law gives it."""
    if answers.get("instead") == "talk":
        return {"whom": TALK}
    chosen = [one for one in agreed(answers) if one != answers.get("but")]
    chosen += ["talk"] if answers.get("instead_woman") == "talk" and "talk" not in chosen else []
    served = world.reports.read_by(answers)
    return {"whom": named([*(one for one in chosen if one in served), *world.reports.by_law(answers)])}


def goes_on(world: World, answers: Answers) -> str:
    """Whether more may follow the sending: not where whoever dials next would stand in this talk (S8). yes | no."""
    return "yes" if world.tells_a_new_dial else "no"


def make_receipt(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """A receipt under the four digits that she chose, to read the answer with: made | wrong | easy."""
    return world.receipts.make(secret)


CHOOSE_PIN = SideEffect(
    "pin",
    _("report.pin", "Choose 4 secret digits."),
    make_receipt,
    again={"wrong": check.WRONG, "easy": _("report.pin_easy", "Too easy to guess. Choose others.")},
    made="send_last",
)


def whom_and_code(world: World, answers: Answers) -> Values:
    """`whom` as above, and `receipt`: her code, which she has wherever nothing can follow the sending."""
    handle = answers.get("pin_handle", "")
    return {**whom(world, answers), "receipt": world.receipts.code(handle) if handle else ""}


def named(services: Sequence[str]) -> Msg:
    """The names of services, one after the other, in a phrase."""
    first, *others = [HELPERS.get(one, OVERSIGHT) for one in services]
    return Said(AND, {"one": first, "others": named(services[1:])}) if others else first


def people(world: World, answers: Answers) -> Values:
    """`health`: the name of the nearest health centre."""
    return {"health": world.places.health_centre() or NEAREST}


def dangers(world: World, answers: Answers) -> Values:
    """`danger`: first numbers that were test-called (S43, S76), then where to go."""
    calls = [Said(CALL, {"number": number}) for number in world.places.emergency()]
    return {"danger": (*calls[:MOST_CALLS], Said(PEOPLE, people(world, answers)))}


def runs(world: World, answers: Answers) -> Values:
    """`org`: who runs this service."""
    return {"org": world.organisation}


report = Flow(
    "report",
    Menu(
        "limits",
        _(
            "report.limits",
            "{org}. Those you choose and their supervisor read it. The phone company sees the call. "
            "We can promise nothing. Stop: 00.",
        ),
        Option("danger", DANGER, to="danger", pinned=True),
        Option("on", CONTINUE, to="law"),
        values=runs,
        gives=("org",),
        gate=True,
    ),
    Info("danger", DANGERS, values=dangers, gives=("danger",), gate=True),
    Fork("law", lambda world, answers: "yes" if world.must_report_children else "no", yes="duty", no="who"),
    Menu(
        "duty",
        _("report.duty", "The law: child protection and the police must know of sexual violence against a child."),
        Option("danger", DANGER, to="danger_too", pinned=True),
        Option("on", CONTINUE, to="who"),
        gate=True,
    ),
    Info("danger_too", DANGERS, values=dangers, gives=("danger",), gate=True),
    Menu(
        "who",
        _("report.who.title", "Who did it happen to?"),
        Option("self", _("report.who.me", "Me")),
        Option("self_child", _("report.who.me_child", "Me, I am under 18")),
        Option("other", _("report.who.other", "Another person"), to="support"),
        Option("child", _("report.who.child", "A child")),
        Option("skip", SKIP),
        to="what",
    ),
    Info("support", _("report.support", "Listen to her. It is she who chooses. Do not speak of it to others.")),
    Menu(
        "what",
        _("report.type.title", "What is the problem?"),
        Option("hurt", _("report.type.hurt", "Hurt or threatened"), to="zone"),
        Option("sexual", _("report.type.forced", "Forced sex or touching"), to="care"),
        Option("denied", _("report.type.denied", "Money, land, marriage, school"), to="zone"),
        Option("police", COMPLAINT, to="complaint"),
        Option("other", _("report.type.also_phone", "Other, also by phone"), to="kind_other"),
        Option("skip", SKIP, to="zone"),
    ),
    End("complaint", then="complaint"),
    Info(
        "care",
        _("report.medical", "Go to a doctor within 3 days: medicine can protect you. Within 5 days it still helps."),
        to="zone",
    ),
    Menu(
        "kind_other",
        _("report.type.which", "Which one?"),
        Option("cr", _("report.type.theft", "Theft")),
        Option("di", _("report.type.quarrel_street", "Quarrel")),
        Option("ps", _("menu.place", "Unsafe place")),
        Option("ph", _("report.type.phone", "Threats by phone or pictures"), to="evidence"),
        Option("ch", _("report.type.child", "A child is mistreated")),
        Option("cv", _("report.type.child_sees", "A child sees violence at home")),
        Option("skip", SKIP),
        to="zone",
    ),
    Info(
        "evidence",
        _("report.evidence", "Keep the messages only if it is safe for you. Do not send pictures of you to anybody."),
        to="zone",
    ),
    Pick(
        "zone",
        places.WHERE,
        among=places.served_zones,
        none="inform",
        jumps={places.ELSEWHERE: "province"},
        to="served",
    ),
    Pick("province", places.WHERE, among=places.provinces, none="inform"),
    Fork("deeper", places.has_communes, yes="commune", no="inform"),
    Pick("commune", places.WHERE, among=places.communes, none="inform"),
    Pick("other_zone", places.WHERE, among=places.zones, none="inform", to="inform"),
    Fork("served", has_help, yes="help", no="inform"),
    Several(
        "help",
        _("report.help.title", "Who may read it and help? Write numbers, as 1*2."),
        *(Option(value, label) for value, label in HELPERS.items()),
        none=_("report.help.nobody", "Nobody, only advice"),
    ),
    Fork("minor", asks_child_protection, ask="child_too", no="chosen"),
    Menu(
        "child_too",
        READ_TOO,
        Option("yes", _("common.yes", "Yes")),
        Option("no", _("common.no", "No")),
        values=child_protection,
        gives=("helper",),
    ),
    Fork("chosen", asks_police, police="power", others="reach", nobody="advice"),
    Menu(
        "power",
        _("report.power", "Is the person police, a soldier, an official or powerful?"),
        Option("no", _("common.no", "No")),
        Option("yes", _("common.yes", "Yes")),
        Option("skip", SKIP),
    ),
    Fork("reach", reached, yes="woman", nobody="instead"),
    Fork("woman", wants_a_woman, ask="instead_woman", no="duty_now"),
    Fork(
        "duty_now",
        lambda world, answers: "no" if not_on_duty(world, answers)["absent"] else "yes",
        yes="case",
        no="absent",
    ),  # fmt: skip
    Menu(
        "absent",
        _("report.absent", "{absent}"),
        Option("on", CONTINUE),
        DO_NOT_SEND,
        values=not_on_duty,
        gives=("absent",),
        to="case",
    ),  # fmt: skip
    Menu(
        "instead_woman",
        _("report.instead_woman", "No woman officer is on duty now. Who may read it?"),
        Option("talk", TALK),
        Option("officer", _("report.other_officer", "Another officer")),
        DO_NOT_SEND,
        to="case",
    ),
    Fork("case", is_no_fir, yes="not_fir", no="goes_on"),
    Info("not_fir", _("report.not_fir", "It is not an FIR: for a case you sign at a police station."), to="goes_on"),
    Menu(
        "instead",
        _("report.instead", "Nobody you chose can read it now. Who may read it?"),
        Option("talk", TALK, to="goes_on"),
        DO_NOT_SEND,
    ),
    Fork("goes_on", goes_on, yes="send", no="pin"),
    CHOOSE_PIN,
    Menu("send_last", SEND_CODED, SEND_NOW, BUT, DO_NOT_SEND, values=whom_and_code, gives=("whom", "receipt")),
    Menu(
        "send",
        SEND_TO,
        SEND_NOW,
        BUT,
        DO_NOT_SEND,
        values=whom,
        gives=("whom",),
    ),
    Pick("but", _("report.left_out", "Who may not read it?"), among=left_out, none="unsent"),
    Fork("still", reached, yes="less", nobody="advice"),
    Fork("less", goes_on, yes="send_less", no="less_last"),
    Menu("less_last", SEND_CODED, SEND_NOW, DO_NOT_SEND, values=whom_and_code, gives=("whom", "receipt")),
    Menu("send_less", SEND_TO, SEND_NOW, DO_NOT_SEND, values=whom, gives=("whom",)),
    End(
        "sent",
        ARRIVED,
        effect=FileReport,
        outcomes={
            "no_woman": _("report.sent_no_woman", "It arrived. No woman officer is on duty now: a partner reads it."),
            "parked": _("report.sent_parked", "It arrived. Another person reads it than you chose."),
            **dict.fromkeys(CODED, THANKS),
            "nobody": _("report.no_reader", "It was not sent: nobody can read it now. Go to a health centre."),
        },
        then="told",
        stops=("nobody", *CODED),
    ),
    End("unsent", _("report.cancelled", "Nothing was sent.")),
    Info("advice", _("report.advice", "A doctor helps without the police. You can get help later too."), to="unsent"),
    Menu(
        "inform",
        _(
            "report.unserved",
            "Nobody answers there yet and nothing was sent. Health centre: {health}.",
        ),
        Option("help", _("menu.help", "Where to get help"), to="to_help"),
        Option("police", COMPLAINT, to="complaint_too"),
        Option("out", _("common.exit", "Exit"), to="unsent"),
        values=people,
        gives=("health",),
    ),
    End("to_help", then="help"),
    End("complaint_too", then="complaint"),
)
