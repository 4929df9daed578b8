"""She reports what happened, without a name: menus first, and *Send now?* as soon as the minimum is answered (S29,
S31).

The order of the screens keeps rules: the limits before any question (S16), with a key for danger on each of their pages
(S43); the health card before consent (S57); police never first and never preselected (S20); nothing is sent before the
last screen (S12).
"""

from __future__ import annotations

from bot.actions.reports import FileReport
from bot.conversation import (
    CONTINUE,
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
    Said,
    Several,
    SideEffect,
    SideEffectResult,
    Values,
    _,
)
from bot.conversation import answers as check
from flows.world import World

SKIP = _("common.dontknow", "I don't know")
ELSEWHERE = "elsewhere"
DANGER = _("report.danger_now", "Danger now")
PEOPLE = _(
    "report.danger_people", "Go where there are other people and light. Health centre: {health}. This service is slow."
)
CALL = _("report.danger_call", "Danger now: {number}.")
NEAREST = _("report.nearest", "the nearest")
DANGERS = _("report.danger_page", "{danger}")
MOST_CALLS = 2  # numbers; a page holds no more beside the sentence where to go
SEND = _("report.confirm", "Do you want to send it?")
SEND_NOW = Option("now", _("report.send_now", "Send now"), to="sent")
SEND_FOR_REPLY = Option("reply", _("report.send_reply", "Send, I want a reply"), to="pin")
DO_NOT_SEND = _("report.do_not_send", "Do not send")
NOT_SENT = Option("no", DO_NOT_SEND, to="unsent")
GO_ON = Option("on", CONTINUE)
ABSENT = _("report.absent", "{absent}")


def served_zones(world: World, answers: Answers) -> list[Row]:
    """The zones where somebody answers reports, and a row that leads to all other places."""
    return [*world.places.served(), Row(ELSEWHERE, _("report.where.other", "Somewhere else"))]


def provinces(world: World, answers: Answers) -> list[Row]:
    """The provinces or police districts of the country."""
    return list(world.places.within(""))


def communes(world: World, answers: Answers) -> list[Row]:
    """The communes of the chosen province."""
    return list(world.places.within(answers["province"]))


def zones(world: World, answers: Answers) -> list[Row]:
    """The zones of the chosen commune, at most 20 (S80: a place is only matched inside its parent)."""
    return list(world.places.within(answers["commune"]))


def has_communes(world: World, answers: Answers) -> str:
    """Whether the chosen province has communes: some countries have one level less. yes | no."""
    return "yes" if world.places.within(answers["province"]) else "no"


def has_help(world: World, answers: Answers) -> str:
    """Whether reports of her zone are answered: elsewhere she can only be informed (S90). yes | no."""
    return "yes" if world.places.is_served(answers["zone"]) else "no"


def within_five_days(world: World, answers: Answers) -> str:
    """Whether it was sexual violence of the last five days: then the health card comes at once (S57). yes | no."""
    return "yes" if answers["what"] == "sexual" and answers["when"] in {"now", "days3", "days5"} else "no"


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


def reached_by_a_woman(world: World, answers: Answers) -> str:
    """Whether a woman officer is on duty, where she wishes one and chose the police alone (S53). yes | nobody."""
    return "nobody" if world.reports.reached(answers) == "no_woman" else "yes"


def speaks_of_suicide(world: World, answers: Answers) -> str:
    """Whether her words speak of ending her life: then she is first shown where to find people (S55). crisis | none."""
    return "crisis" if world.despairs(answers["words"]) else "none"


def make_receipt(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """A receipt under the four digits that she chose, to read the answer with: made | wrong | easy."""
    return world.receipts.make(secret)


def is_grown(world: World, answers: Answers) -> str:
    """Whether it happened to her and she is no child: nobody else is offered an SMS (S40). yes | no."""
    return "yes" if answers.get("who") == "self" else "no"


def keep_number(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Her number, sealed to the process that sends, for the SMS that she wants: kept."""
    return world.sealed_number()


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
    ),
    Info("danger", DANGERS, values=dangers, gives=("danger",)),
    Fork("law", lambda world, answers: "yes" if world.must_report_children else "no", yes="duty", no="who"),
    Menu(
        "duty",
        _("report.duty", "The law: sexual violence against a child must be told to the police."),
        Option("danger", DANGER, to="danger_too", pinned=True),
        Option("on", CONTINUE, to="who"),
    ),
    Info("danger_too", DANGERS, values=dangers, gives=("danger",)),
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
        Option("hurt", _("report.type.hurt", "Hurt or threatened"), to="when"),
        Option("sexual", _("report.type.forced", "Forced sex or touching"), to="kind_forced"),
        Option("denied", _("report.type.denied", "Money, land, marriage, school"), to="kind"),
        Option("other", _("report.type.other_problem", "Other safety problem"), to="kind_other"),
        Option("skip", SKIP, to="when"),
    ),
    Menu(
        "kind_forced",
        _("report.type.which", "Which one?"),
        Option("sv1", _("report.type.rape", "Rape")),
        Option("sv2", _("report.type.touch", "Unwanted touching")),
        Option("skip", SKIP),
        to="when",
    ),
    Menu(
        "kind",
        _("report.type.which", "Which one?"),
        Option("de", _("report.type.money", "Money refused")),
        Option("fm", _("report.type.marriage", "Forced marriage")),
        Option("skip", SKIP),
        to="when",
    ),
    Menu(
        "kind_other",
        _("report.type.which", "Which one?"),
        Option("cr", _("report.type.theft", "Theft")),
        Option("di", _("report.type.quarrel_street", "Quarrel")),
        Option("ps", _("menu.place", "Unsafe place")),
        Option("ch", _("report.type.child", "A child is mistreated")),
        Option("cv", _("report.type.child_sees", "A child sees violence at home")),
        Option("po", _("report.type.police", "About the police")),
        Option("skip", SKIP),
        to="when",
    ),
    Menu(
        "when",
        _("report.when.title", "When did it happen?"),
        Option("now", _("report.when.now", "Now")),
        Option("days3", _("report.when.days3", "In the last 3 days")),
        Option("days5", _("report.when.days5", "3 to 5 days ago")),
        Option("older", _("report.when.before", "Before that")),
        Option("skip", SKIP),
    ),
    Fork("health", within_five_days, yes="care", no="zone"),
    Info(
        "care",
        _("report.medical", "Go to a doctor within 3 days: medicine can protect you. Within 5 days it still helps."),
    ),
    Pick(
        "zone",
        _("report.where.title", "Where did it happen?"),
        among=served_zones,
        none="inform",
        jumps={ELSEWHERE: "province"},
        to="served",
    ),
    Pick("province", _("report.where.title", "Where did it happen?"), among=provinces, none="inform"),
    Fork("deeper", has_communes, yes="commune", no="inform"),
    Pick("commune", _("report.where.title", "Where did it happen?"), among=communes, none="inform"),
    Pick("other_zone", _("report.where.title", "Where did it happen?"), among=zones, none="inform", to="inform"),
    Fork("served", has_help, yes="help", no="inform"),
    Several(
        "help",
        _("report.help.title", "Who may help you? Write the numbers, as 12."),
        Option("health", _("help.health", "Doctor")),
        Option("talk", _("help.talk", "Someone to talk to")),
        Option("legal", _("help.legal", "Lawyer")),
        Option("shelter", _("help.shelter", "Place to stay")),
        Option("child", _("help.child", "Child protection")),
        Option("police", _("help.police", "Police")),
        none=_("report.help.nobody", "Nobody, only advice"),
    ),
    Fork("chosen", asks_police, police="power", others="reach", nobody="advice"),
    Menu(
        "power",
        _("report.power", "Is the person police, a soldier, an official or powerful?"),
        Option("no", _("common.no", "No")),
        Option("yes", _("common.yes", "Yes")),
        Option("skip", SKIP),
    ),
    Fork("reach", reached, yes="duty_now", nobody="instead"),
    Fork(
        "duty_now",
        lambda world, answers: "no" if not_on_duty(world, answers)["absent"] else "yes",
        yes="case",
        no="absent",
    ),  # fmt: skip
    Menu("absent", ABSENT, GO_ON, NOT_SENT, values=not_on_duty, gives=("absent",), to="case"),
    Fork("case", is_no_fir, yes="not_fir", no="send"),
    Info("not_fir", _("report.not_fir", "It is not an FIR: for a case you sign at a police station."), to="send"),
    Menu(
        "instead",
        _("report.instead", "Nobody you chose can read it now. Who may read it?"),
        Option("talk", _("help.talk", "Someone to talk to"), to="send"),
        NOT_SENT,
    ),
    Menu(
        "send",
        SEND,
        SEND_NOW,
        Option("more", _("report.say_more", "Say more first"), to="near"),
        SEND_FOR_REPLY,
        NOT_SENT,
    ),
    Menu(
        "near",
        _("report.where.title", "Where did it happen?"),
        Option("home", _("report.where.home", "At home")),
        Option("road", _("report.where.road", "On the road")),
        Option("market", _("report.where.market", "At the market")),
        Option("school", _("report.where.school", "At school")),
        Option("fields", _("report.where.fields", "In the fields")),
        Option("else", _("report.where.other", "Somewhere else")),
        Option("skip", SKIP),
    ),
    Several(
        "wishes",
        _("report.wishes", "What do you wish? Write the numbers, as 12."),
        Option("woman", _("report.wish.woman", "A woman officer")),
        Option("plain", _("report.wish.plain", "Plain clothes")),
        Option("no_visit", _("report.wish.no_visit", "No visit")),
        Option("count", _("report.wish.count", "Count it, without a name")),
        Option("elsewhere", _("report.wish.elsewhere", "Meet elsewhere")),
        Option("message", _("report.wish.message", "Message only")),
        none=_("report.wish.none", "Nothing"),
    ),
    Fork("woman", reached_by_a_woman, yes="words", nobody="instead_woman"),
    Menu(
        "instead_woman",
        _("report.instead_woman", "No woman officer is on duty now. Who may read it?"),
        Option("talk", _("help.talk", "Someone to talk to"), to="words"),
        Option("officer", _("report.other_officer", "Another officer"), to="words"),
        NOT_SENT,
    ),
    Question(
        "words",
        _("report.text", "In a few words: what happened? Do not write names."),
        check.words,
        skip=_("report.nothing_to_add", "Nothing to add"),
        longest=check.LONGEST_WORDS,
    ),
    Fork("heard", speaks_of_suicide, crisis="crisis", none="send_all"),
    Menu(
        "crisis",
        PEOPLE,
        Option("talk", _("help.talk", "Someone to talk to")),
        Option("skip", CONTINUE),
        values=people,
        gives=("health",),
    ),
    Menu("send_all", SEND, SEND_NOW, SEND_FOR_REPLY, NOT_SENT),
    SideEffect(
        "pin",
        _("report.pin", "Choose 4 secret digits."),
        make_receipt,
        again={"wrong": check.WRONG, "easy": _("report.pin_easy", "Too easy to guess. Choose others.")},
        made="word",
    ),
    Question(
        "word",
        _("report.word", "A word of yours? It stands first when you read: then it is us."),
        check.codeword,
        skip=_("report.no_word", "No word"),
        longest=check.LONGEST_CODEWORD,
    ),
    Fork("may_ping", is_grown, yes="ping", no="sent"),
    Menu(
        "ping",
        _("report.smsok", "May we send you an SMS? It will look like news."),
        Option("no", _("common.no", "No"), to="sent"),
        Option("morning", _("report.sms_morning", "Yes, in the morning")),
        Option("evening", _("report.sms_evening", "Yes, in the evening")),
    ),
    SideEffect("number", None, keep_number, kept="sent"),
    End(
        "sent",
        _("report.sent", "Thank you. It arrived. You can get help later too. You may erase this number."),
        effect=FileReport,
        outcomes={
            "no_woman": _("report.sent_no_woman", "It arrived. No woman officer is on duty now: a partner reads it."),
            "receipt": _(
                "report.receipt",
                "It arrived. Your code: {receipt}. Keep it in your head. You can get help later too. "
                "You may erase this number.",
            ),
            "receipt_no_woman": _(
                "report.receipt_no_woman",
                "It arrived. Your code: {receipt}. No woman officer is on duty now: a partner reads it.",
            ),
            "parked": _(
                "report.parked",
                "It arrived. Another person reads it than you chose. You can get help later too. "
                "You may erase this number.",
            ),
            "receipt_parked": _(
                "report.receipt_parked",
                "It arrived. Your code: {receipt}. Another person reads it than you chose. "
                "You can get help later too. You may erase this number.",
            ),
            "nobody": _("report.no_reader", "It was not sent: nobody can read it now. Go to a health centre."),
        },
    ),
    End("unsent", _("report.cancelled", "Nothing was sent.")),
    Info("advice", _("report.advice", "A doctor helps without the police. You can get help later too."), to="unsent"),
    Info(
        "inform",
        _("report.inform", "Nobody answers there yet. Nothing was sent. Go to a health centre or a doctor."),
        to="unsent",
    ),
)
