"""Staff read, take and answer reports on a basic phone, after their PIN; and say when they are not on duty.

Trying the PIN and opening a report are side effects: run once a request, never in a replay; every opening is recorded.
"""

from __future__ import annotations

from bot.actions.people import ComeBack, GoAway
from bot.actions.reports import (
    AcceptClosing,
    AskHer,
    CloseReport,
    ConfirmArrival,
    GiveOn,
    HandAll,
    HandOver,
    PassReport,
    ReferReport,
    SendReply,
    TakeReport,
    TellPolice,
)
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
from flows.hand_over import OTHER_ZONE, propose_a_zone
from flows.pin import LOCKED, ask_pin
from flows.world import World

WRONG = _("follow.wrong", "That is wrong. Write again.")
NEW = _("tasks.new", "New tasks")
MINE = _("officer.mine", "My tasks")
DUTY = (
    Option("away", _("duty.away", "I am not on duty"), to="until"),
    Option("back", _("duty.back", "I am on duty"), to="back"),
)
REPORT = _("tasks.read", "{report}")
SAVED = _("leader.saved", "It is written. Thank you.")
SENT = _("leader.sent", "Sent.")
PASSED = _("officer.passed", "It goes to another person.")
LAST = _("officer.last", "There is nobody else. Please answer yourself.")
OTHER_HELP = _("officer.refer", "Another helper")
NO_HELPER = _("officer.no_helper", "Nobody else is there, or she did not agree.")
HAND_ALL = _("officer.hand_all", "Give all my tasks to another")
NONE = _("tasks.none", "There is no new task.")
CAME = _("officer.came", "She came")
WRONG_CODE = _("officer.wrong_code", "That code is wrong.")
NO_RECEIPT = _("officer.no_receipt", "She did not ask for a reply.")
BROKEN = _("tasks.broken", "We cannot do it. Ask your coordinator.")
GONE = _("tasks.gone", "You cannot read it any more.")  # it was erased, she was shut out, or another has it by now
LATE = _("tasks.late", "Another person has it already.")
UNTRAINED = _("tasks.untrained", "Your training is over. Ask your coordinator.")
TAKEN_AWAY = {"late": LATE, "gone": GONE}
CANNOT = _("officer.cannot", "I cannot")
SURE = _("officer.pass_sure", "Give it to another person?")
KEEP = Option("no", _("common.no", "No"), to="later")
NO_LONGER = {
    "gone": GONE,
    "no_receipt": NO_RECEIPT,
    "broken": BROKEN,
}


TALK = (
    Option("reply", _("officer.reply", "Write a reply"), to="may_reply", pinned=True),
    Option("ask", _("officer.ask", "Ask her"), to="may_ask", pinned=True),
)
WAYS_ON = (
    Option("cannot", CANNOT, to="sure_own"),
    Option("refer", OTHER_HELP, to="may_refer"),
    OTHER_ZONE,
)
CLOSE = _("officer.close", "It is finished")


def new_reports(world: World, answers: Answers) -> list[Row]:
    """The reports of which this reader holds a copy and that nobody has taken."""
    return list(world.reports.new(answers["pin_handle"]))


def open_report(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Open the chosen report and record who did: open | gone | erased | broken | untrained."""
    return world.reports.open(answers["pin_handle"], answers["new"], answers.get("why", ""))


def says_why(world: World, answers: Answers) -> str:
    """Whether the reader is of oversight, not a helper whom the reporter chose: then she says why she opens it
    (S60)."""
    return "yes" if world.reports.oversees(answers["pin_handle"]) else "no"


def is_unhelped(world: World, answers: Answers) -> str:
    """Whether oversight reads it because its owner could not help: yes | no."""
    return "yes" if world.reports.is_unhelped(answers["pin_handle"], answers["new"]) else "no"


def is_grave(world: World, answers: Answers) -> str:
    """Whether what she closes is danger or medicine, also where that was said after she had taken it: then she is asked
    twice. yes | no."""
    return "yes" if world.reports.is_grave(answers["pin_handle"], answers["mine"]) else "no"


def report_text(world: World, answers: Answers) -> Values:
    """`report`: the opened report, in the reader's language."""
    return world.reports.text(answers["pin_handle"], answers["new"])


def rules(world: World, answers: Answers) -> Values:
    """`rules`: the rules for whoever takes this report (S63)."""
    return world.reports.rules(answers["pin_handle"], answers["new"])


def has_mine(world: World, answers: Answers) -> str:
    """Whether the reader has taken reports that are still open; without any she sees the new ones at once. yes | no."""
    return "yes" if world.reports.mine(answers["pin_handle"]) else "no"


def my_reports(world: World, answers: Answers) -> list[Row]:
    """The open reports that the reader has taken."""
    return list(world.reports.mine(answers["pin_handle"]))


def open_mine(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Open one of her reports again and record it: open | gone | erased | broken | untrained."""
    return world.reports.open(answers["pin_handle"], answers["mine"])


def case_text(world: World, answers: Answers) -> Values:
    """`report`: the report and the messages since."""
    return world.reports.text(answers["pin_handle"], answers["mine"])


def wants_reply(world: World, answers: Answers) -> str:
    """Whether the reporter has a receipt, with which she can read an answer: yes | no."""
    return "yes" if world.reports.wants_reply(answers["pin_handle"], answers["mine"]) else "no"


def whose(world: World, answers: Answers) -> str:
    """How the reader has this report: own (she took it) | bound (she took it, and the law wants the police to be told,
    S39) | referred (she was given it for one service) | gone (she cannot read it any more).
    """
    return world.reports.whose(answers["pin_handle"], answers["mine"])


def questions(world: World, answers: Answers) -> list[Row]:
    """What she may be asked; what she has answered comes last."""
    return list(world.reports.questions(answers["pin_handle"], answers["mine"]))


def services(world: World, answers: Answers) -> list[Row]:
    """The services to which the report can be referred: the reporter agreed to them (S18) and somebody is there."""
    return list(world.reports.services(answers["pin_handle"], answers["mine"]))


def heirs(world: World, answers: Answers) -> list[Row]:
    """Colleagues to whom she may hand all reports that she has taken (S52)."""
    return list(world.reports.heirs(answers["pin_handle"]))


def has_key(world: World, answers: Answers) -> str:
    """Whether this member of staff has chosen her PIN, which nobody else can do for her: yes | no."""
    return "yes" if world.staff.has_key() else "no"


def first_code(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the code that she was given on paper: open | wrong_4 | locked."""
    return world.staff.first_code(secret)


def choose_pin(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Set her own PIN: made | wrong | easy."""
    return world.staff.choose_pin(answers["first_handle"], secret)


def until(world: World, text: str, answers: Answers) -> SideEffectResult:
    """The last day of her leave, from a typed date: day | wrong | past."""
    return world.day(text)


inbox = Flow(
    "inbox",
    Fork("key", has_key, yes="pin", no="first"),
    SideEffect(
        "first",
        _("tasks.first", "Write the first code."),
        first_code,
        again=check.WRONG_PIN,
        open="chosen",
        locked="locked",
    ),
    SideEffect(
        "chosen",
        _("tasks.choose", "Choose 6 secret digits."),
        choose_pin,
        again={"wrong": WRONG, "easy": _("report.pin_easy", "Too easy to guess. Choose others.")},
        made="ready",
    ),
    ask_pin("has_mine"),
    Fork("has_mine", has_mine, yes="which", no="new"),
    Menu(
        "which",
        _("menu.tasks", "Tasks"),
        Option("new", NEW, to="new"),
        Option("mine", MINE, to="mine"),
        *DUTY,
        Option("all", HAND_ALL, to="heirs"),
    ),
    Pick("heirs", HAND_ALL, among=heirs, none="no_helper", to="handed_all"),
    Pick("new", NEW, among=new_reports, none="nothing"),
    Fork("says_why", says_why, yes="why", no="opened"),
    Menu(
        "why",
        _("officer.why", "Why?"),
        Option("unread", _("follow.new", "It arrived. It has not been read yet.")),
        Option("police", _("report.type.police", "About the police")),
        Option("other", _("common.other", "Other")),
    ),
    SideEffect(
        "opened",
        None,
        open_report,
        open="unhelped",
        gone="gone",
        erased="erased",
        broken="broken",
        untrained="untrained",
    ),
    Fork("unhelped", is_unhelped, yes="oversee", no="read"),
    Menu(
        "read",
        REPORT,
        Option("take", _("officer.ack", "I take it"), to="rule", pinned=True),
        Option("leave", CANNOT, to="sure", pinned=True),
        values=report_text,
        gives=("report",),
    ),
    Menu(
        "oversee",
        REPORT,
        Option("take", _("officer.ack", "I take it"), to="rule", pinned=True),
        Option("give", _("oversight.give", "Give it to another person"), to="given_on", pinned=True),
        Option("accept", CLOSE, to="accepted", pinned=True),
        values=report_text,
        gives=("report",),
    ),
    Menu("sure", SURE, Option("yes", _("common.yes", "Yes"), to="left"), KEEP),
    Info("rule", _("officer.rules", "{rules}"), values=rules, gives=("rules",)),
    End(
        "taken",
        _("tasks.taken", "Task {new}: you have it. Thank you."),
        effect=TakeReport,
        outcomes={**TAKEN_AWAY, "untrained": UNTRAINED},
    ),
    End(
        "left",
        PASSED,
        effect=PassReport,
        outcomes={**TAKEN_AWAY, "last": LAST},
    ),
    End("given_on", PASSED, effect=GiveOn, outcomes={"gone": GONE, "last": LAST}),
    End("accepted", _("follow.closed", "It is finished."), effect=AcceptClosing, outcomes={"gone": GONE}),
    Pick("mine", MINE, among=my_reports, none="nothing"),
    SideEffect(
        "opened_mine",
        None,
        open_mine,
        open="whose",
        gone="gone",
        erased="erased",
        broken="broken",
        untrained="untrained",
    ),
    Fork("whose", whose, own="case", bound="bound", referred="referred", gone="not_hers"),
    Menu(
        "referred",
        REPORT,
        Option("came", CAME, to="shown", pinned=True),
        Option("leave", _("common.exit", "Exit"), to="later", pinned=True),
        values=case_text,
        gives=("report",),
    ),
    Question("shown", _("officer.her_code", "Write her code."), check.shown_code, longest=9, to="met"),
    Menu("sure_own", SURE, Option("yes", _("common.yes", "Yes"), to="handed_over"), KEEP),
    Menu(
        "case",
        REPORT,
        *TALK,
        Option("close", CLOSE, to="reason", pinned=True),
        *WAYS_ON,
        values=case_text,
        gives=("report",),
    ),
    Menu(
        "bound",
        REPORT,
        Option("told", _("officer.police_told", "The police knows of it"), to="police_told", pinned=True),
        *TALK,
        Option("close", CLOSE, to="reason"),
        *WAYS_ON,
        values=case_text,
        gives=("report",),
    ),
    Fork("may_reply", wants_reply, yes="reply", no="no_reply"),
    Menu(
        "reply",
        _("officer.reply", "Write a reply"),
        Option("progress", _("follow.progress", "We are following it.")),
        Option("doctor", _("follow.doctor", "Go to a doctor.")),
        Option("other", _("follow.other", "Another person is following it.")),
        Option("cannot", _("follow.cannot", "We cannot do it.")),
        to="replied",
    ),
    Fork("may_ask", wants_reply, yes="ask", no="no_reply"),
    Pick("ask", _("officer.ask", "Ask her"), among=questions, none="no_reply", to="asked"),
    Fork("may_refer", wants_reply, yes="service", no="no_reply"),
    Pick("service", OTHER_HELP, among=services, none="no_helper", to="referred_on"),
    *propose_a_zone(),
    Menu(
        "reason",
        _("officer.why", "Why?"),
        Option("helped", _("officer.helped", "She got help")),
        Option("no_more", _("closing.no_more", "She wants no help")),
        Option("referred", _("follow.other", "Another person is following it.")),
        Option("mistake", _("closing.mistake", "A trial or a mistake")),
        Option("unhelped", _("closing.unhelped", "She could not be helped")),
    ),
    Fork("grave", is_grave, yes="sure_closed", no="closed"),
    Menu(
        "sure_closed",
        _("officer.close_sure", "Urgent. Is it finished?"),
        Option("yes", _("common.yes", "Yes"), to="closed"),
        KEEP,
    ),
    End("replied", SENT, effect=SendReply, outcomes=NO_LONGER),
    End("asked", SENT, effect=AskHer, outcomes=NO_LONGER),
    End("referred_on", SENT, effect=ReferReport, outcomes={**NO_LONGER, "nobody": NO_HELPER}),
    End("no_helper", NO_HELPER),
    End(
        "met",
        SAVED,
        effect=ConfirmArrival,
        outcomes={"gone": WRONG_CODE},
    ),
    End("police_told", SAVED, effect=TellPolice, outcomes=NO_LONGER),
    End("later", _("common.thanks", "Thank you.")),
    End(
        "closed",
        _("follow.closed", "It is finished."),
        effect=CloseReport,
        outcomes={**NO_LONGER, "overseen": _("closing.overseen", "It goes to the supervisor.")},
    ),
    End("no_reply", NO_RECEIPT),
    End("handed_over", PASSED, effect=HandOver, outcomes={**NO_LONGER, "last": LAST}),
    End("handed_all", PASSED, effect=HandAll, outcomes={"gone": NO_HELPER, "none": NONE}),
    End("ready", SAVED),
    End("not_hers", GONE),
    End("gone", _("tasks.late", "Another person has it already.")),
    End("erased", _("follow.erased", "It is erased.")),
    End("broken", BROKEN),
    End("untrained", UNTRAINED),
    Menu(
        "nothing",
        NONE,
        Option("leave", _("common.exit", "Exit"), to="later"),
        *DUTY,
    ),
    SideEffect(
        "until",
        _("duty.until", "Until which day? Example: 12/3"),
        until,
        again={"wrong": WRONG, "past": _("plan.past", "That day is past.")},
        day="away",
    ),
    End("away", SAVED, effect=GoAway, outcomes={"gone": WRONG}),
    End("back", SAVED, effect=ComeBack, outcomes={"gone": WRONG}),
    LOCKED,
)
