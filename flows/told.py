"""What follows *Send now*: it arrived, and who reads it; a code, more answers, done, or taken back.

Everything here is about the report that was sent in this very call: its handle is handed from flow to flow and dies
with the session. Each answer is joined as it is given, so that a line that drops loses nothing; *back* leads to the
first page here and never before the sending, `00` leaves it sent (S5, S12). Nobody new reads it unless she says so.
"""

from __future__ import annotations

from bot.actions.reports import (
    AddKind,
    AddPlace,
    AddWhen,
    AddWishes,
    AddWords,
    AnswerAboutMen,
    AnswerProposal,
    EndTelling,
    GiveCode,
    TakeBack,
)
from bot.conversation import (
    CONTINUE,
    Answers,
    End,
    Flow,
    Fork,
    Info,
    Menu,
    Option,
    Question,
    Several,
    SideEffect,
    SideEffectResult,
    Values,
    _,
)
from bot.conversation import answers as check
from flows import places
from flows.numbers import ask_to_leave_out
from flows.report import (
    DANGERS,
    HELPERS,
    PEOPLE,
    READ_TOO,
    SKIP,
    TALK,
    THANKS,
    dangers,
    make_receipt,
    named,
    people,
)
from flows.world import World

CARRIED = ("report_handle", "services", "who", "what", "zone", "coded", "points")
READ_BY = _("told.readers", "Read by: {readers}.")
KEPT = _("told.kept", "Kept.")
ERASED = _("follow.erased", "It is erased.")
GONE = {"gone": ERASED}
LEFT = _("told.left", "{helper}: nobody is there now. The others read it. Health centre: {health}.")
WHICH = _("report.type.which", "Which one?")
MORE = Option("more", _("told.more", "Say more"), to="more")
DONE = Option("done", _("told.done", "Done"), to="done")
BACK = Option("back", _("told.take_back", "Take it back"), to="sure")


def readers(world: World, answers: Answers) -> Values:
    """`readers`: the services that read it, or oversight."""
    return {"readers": named(answers["services"].split(","))}


def has_code(world: World, answers: Answers) -> str:
    """Whether she has a code to read the answer with: yes | no."""
    return answers["coded"]


def which_kind(world: World, answers: Answers) -> str:
    """What can be asked more closely: forced (sex or touching) | denied | complaint (her words alone) | none."""
    if answers["services"] == "oversight":
        return "complaint"
    return {"sexual": "forced", "denied": "denied"}.get(answers["what"], "none")


def is_grown(world: World, answers: Answers) -> str:
    """Whether it happened to her and she is no child: nobody else is offered an SMS (S40). yes | no."""
    return "yes" if answers["who"] == "self" else "no"


def keep_number(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Her number, sealed to the process that sends, for the SMS that she wants: kept."""
    return world.sealed_number()


def speaks_of_suicide(world: World, answers: Answers) -> str:
    """Whether her words speak of ending her life: then she is first shown where to find people (S55), and offered
    somebody to talk to, but not of a complaint, which oversight alone reads. crisis | alone | none."""
    if not world.despairs(answers["words"]):
        return "none"
    return "alone" if answers["services"] == "oversight" else "crisis"


def men_have_it(world: World, answers: Answers) -> str:
    """Whether she wishes a woman and men have it: then it is taken from them, or left. ask | no."""
    return "ask" if answers.get("points") == "men" else "no"


told = Flow(
    "told",
    Fork("has_code", has_code, yes="coded", no="told"),
    Menu(
        "told",
        READ_BY,
        Option("code", _("told.code", "A code for the reply"), to="code"),
        MORE,
        DONE,
        BACK,
        values=readers,
        gives=("readers",),
    ),
    Menu("coded", READ_BY, MORE, DONE, BACK, values=readers, gives=("readers",)),
    End("code", then="told_code"),
    End("more", then="told_kind"),
    Menu(
        "sure",
        _("follow.sure", "Erase all that you told?"),
        Option("yes", _("common.yes", "Yes"), to="taken_back"),
        Option("no", _("common.no", "No"), to="still"),
    ),
    End("still", then="told"),
    End("taken_back", ERASED, effect=TakeBack),
    End(
        "done",
        THANKS,
        effect=EndTelling,
        outcomes=GONE,
    ),
    carried=CARRIED,
    back="told",
)

told_code = Flow(
    "told_code",
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
    Fork("may_ping", is_grown, yes="ping", no="coded_now"),
    Menu(
        "ping",
        _("report.smsok", "May we send you an SMS? It will look like news. Three at most."),
        Option("no", _("common.no", "No"), to="coded_now"),
        Option("morning", _("report.sms_morning", "Yes, in the morning")),
        Option("evening", _("report.sms_evening", "Yes, in the evening")),
    ),
    SideEffect("number", None, keep_number, kept="coded_now"),
    End(
        "coded_now",
        KEPT,
        effect=GiveCode,
        outcomes={"coded": _("told.coded", "Your code: {receipt}. Keep it in your head."), **GONE},
        then="told",
        stops=("gone",),
    ),
    carried=CARRIED,
    back="told",
)


def kept(effect: type, then: str) -> End:
    """The end of one question: the answer is joined, and the next question stands under *Kept*."""
    return End("kept", KEPT, effect=effect, outcomes=GONE, then=then, stops=("gone",))


def proposes(service: str, otherwise: str) -> tuple[Fork, Menu, End]:
    """The screens with which a question begins that may follow an answer which points to a service: *May it read it
    too?* It is asked where somebody of that service is there; after her answer the same flow goes on at `otherwise`.
    Where whoever would read it has left meanwhile, she is told so, and not that it is kept."""

    def is_pointed_to(world: World, answers: Answers) -> str:
        is_there = answers.get("points") == service and world.reports.could_read(answers, service)
        return "ask" if is_there else "no"

    def helper(world: World, answers: Answers) -> Values:
        return {"helper": HELPERS[service], **people(world, answers)}

    return (
        Fork("pointed", is_pointed_to, ask="too", no=otherwise),
        Menu(
            "too",
            READ_TOO,
            Option("yes", _("common.yes", "Yes")),
            Option("no", _("common.no", "No")),
            values=helper,
            gives=("helper",),
            to="answered",
        ),
        End(
            "answered",
            KEPT,
            effect=AnswerProposal,
            outcomes={**GONE, "nobody": LEFT},
            then=AFTER[service],
            stops=("gone",),
            values=helper,
            gives=("helper", "health"),
        ),
    )


AFTER = {"legal": "told_when", "health": "told_near"}  # the question that follows the answer which points to it

told_kind = Flow(
    "told_kind",
    Fork("which", which_kind, forced="kind_forced", denied="kind", complaint="words", none="when"),
    Menu(
        "kind_forced",
        WHICH,
        Option("sv1", _("report.type.rape", "Rape")),
        Option("sv2", _("report.type.touch", "Unwanted touching")),
        Option("skip", SKIP),
        to="kept",
    ),
    Menu(
        "kind",
        WHICH,
        Option("de", _("report.type.money", "Money refused")),
        Option("fm", _("report.type.marriage", "Forced marriage")),
        Option("skip", SKIP),
        to="kept",
    ),
    End("when", then="told_when"),
    End("words", then="told_words"),
    kept(AddKind, "told_when"),
    carried=CARRIED,
    back="told",
)

WHEN = Menu(
    "when",
    _("report.when.title", "When did it happen?"),
    Option("now", _("report.when.now", "Now")),
    Option("days3", _("report.when.days3", "In the last 3 days")),
    Option("days5", _("report.when.days5", "3 to 5 days ago")),
    Option("older", _("report.when.before", "Before that")),
    Option("skip", SKIP),
)


def is_now(world: World, answers: Answers) -> str:
    """Whether it happens now: then she reads first what to do, as behind the key for danger (S43). yes | no."""
    return "yes" if answers["when"] == "now" else "no"


told_when = Flow(
    "told_when",
    *proposes("legal", "when"),
    WHEN,
    Fork("is_now", is_now, yes="kept_now", no="kept"),
    End("kept_now", KEPT, effect=AddWhen, outcomes=GONE, then="told_danger", stops=("gone",)),
    kept(AddWhen, "told_near"),
    carried=CARRIED,
    back="told",
)
told_danger = Flow(
    "told_danger",
    Info("danger", DANGERS, values=dangers, gives=("danger",)),
    End("on", then="told_near"),
    carried=CARRIED,
    back="told",
)

told_near = Flow(
    "told_near",
    *proposes("health", "near"),
    Menu(
        "near",
        places.WHERE,
        Option("home", _("report.where.home", "At home")),
        Option("road", _("report.where.road", "On the road")),
        Option("market", _("report.where.market", "At the market")),
        Option("school", _("report.where.school", "At school")),
        Option("fields", _("report.where.fields", "In the fields")),
        Option("else", _("report.where.other", "Somewhere else")),
        Option("skip", SKIP),
    ),
    kept(AddPlace, "told_wishes"),
    carried=CARRIED,
    back="told",
)

told_wishes = Flow(
    "told_wishes",
    Several(
        "wishes",
        _("report.wishes", "What do you wish? Write the numbers, as 1*2."),
        Option("woman", _("report.wish.woman", "A woman officer")),
        Option("plain", _("report.wish.plain", "Plain clothes")),
        Option("no_visit", _("report.wish.no_visit", "No visit")),
        Option("count", _("report.wish.count", "Count it, without a name")),
        Option("elsewhere", _("report.wish.elsewhere", "Meet elsewhere")),
        Option("message", _("report.wish.message", "Message only")),
        none=_("report.wish.none", "Nothing"),
    ),
    kept(AddWishes, "told_words"),
    carried=CARRIED,
    back="told",
)

WORDS = Question(
    "words",
    _("report.text", "In a few words: what happened? Do not write names."),
    check.words,
    skip=_("report.nothing_to_add", "Nothing to add"),
    longest=check.LONGEST_WORDS,
)
told_words = Flow(
    "told_words",
    Fork("which_men", men_have_it, ask="men", no="words"),
    Menu(
        "men",
        _("told.men", "Men of the police have it too. Take it from them?"),
        Option("yes", _("common.yes", "Yes")),
        Option("no", _("common.no", "No")),
        to="said",
    ),
    End("said", KEPT, effect=AnswerAboutMen, outcomes=GONE, then="told_words", stops=("gone",)),
    WORDS,
    *ask_to_leave_out("heard"),
    Fork("heard", speaks_of_suicide, crisis="crisis", alone="people", none="kept"),
    Info("people", PEOPLE, values=people, gives=("health",), to="kept"),
    Menu("crisis", PEOPLE, Option("talk", TALK), Option("skip", CONTINUE), values=people, gives=("health",)),
    kept(AddWords, "told"),
    carried=CARRIED,
    back="told",
)

TELLING = (told, told_code, told_kind, told_when, told_danger, told_near, told_wishes, told_words)
