"""A champion reads and takes a report on a basic phone: number and PIN, new reports, the text in pages, one key.

The PIN and the opening are side effects: tried once a request, never in a replay, and what was opened is logged.
"""

from __future__ import annotations

from bot.actions.people import ComeBack, GoAway
from bot.actions.reports import (
    AskHer,
    CloseReport,
    ConfirmArrival,
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
NO_LONGER = {
    "gone": _("tasks.late", "Another person has it already."),
    "no_receipt": NO_RECEIPT,
    "broken": BROKEN,
}


STEPS = (
    Option("reply", _("officer.reply", "Write a reply"), to="may_reply"),
    Option("ask", _("officer.ask", "Ask her"), to="may_ask"),
    Option("close", _("officer.close", "It is finished"), to="reason"),
    Option("cannot", _("officer.cannot", "I cannot"), to="handed_over"),
    Option("refer", OTHER_HELP, to="may_refer"),
)


def unlock(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the PIN of the number that dials: open | wrong_4 (so many tries are left) | locked."""
    return world.staff.unlock(secret)


def new_reports(world: World, answers: Answers) -> list[Row]:
    """The reports of which this champion holds a copy and that nobody has taken."""
    return list(world.reports.new(answers["pin_handle"]))


def open_report(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Open the chosen report and log who did: open | gone | erased | broken."""
    return world.reports.open(answers["pin_handle"], answers["new"], answers.get("why", ""))


def says_why(world: World, answers: Answers) -> str:
    """Whether the reader is no helper she chose, and says why before she reads (S60): oversight."""
    return "yes" if world.reports.oversees(answers["pin_handle"]) else "no"


def report_text(world: World, answers: Answers) -> Values:
    """The opened report, in the reader's language."""
    return world.reports.text(answers["pin_handle"], answers["new"])


def rules(world: World, answers: Answers) -> Values:
    """What holds for whoever takes this report."""
    return world.reports.rules(answers["pin_handle"], answers["new"])


def has_mine(world: World, answers: Answers) -> str:
    """Whether she has taken reports that are still open: else she sees the new ones at once."""
    return "yes" if world.reports.mine(answers["pin_handle"]) else "no"


def my_reports(world: World, answers: Answers) -> list[Row]:
    """The open reports that she has taken."""
    return list(world.reports.mine(answers["pin_handle"]))


def open_mine(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Open one of them again and log it: open | gone | erased | broken."""
    return world.reports.open(answers["pin_handle"], answers["mine"])


def case_text(world: World, answers: Answers) -> Values:
    """The report and what was said since."""
    return world.reports.text(answers["pin_handle"], answers["mine"])


def wants_reply(world: World, answers: Answers) -> str:
    """Whether whoever told can read an answer."""
    return "yes" if world.reports.wants_reply(answers["pin_handle"], answers["mine"]) else "no"


def whose(world: World, answers: Answers) -> str:
    """Whether she has taken it herself, or was given it for one service: own | referred; bound: her own, of which the
    law wants the police to be told (S39).
    """
    return world.reports.whose(answers["pin_handle"], answers["mine"])


def services(world: World, answers: Answers) -> list[Row]:
    """Who may help her besides: those she agreed to (S18) who are there."""
    return list(world.reports.services(answers["pin_handle"], answers["mine"]))


def heirs(world: World, answers: Answers) -> list[Row]:
    """Colleagues who may have all that she has taken."""
    return list(world.reports.heirs(answers["pin_handle"]))


def has_key(world: World, answers: Answers) -> str:
    """Whether the one who dials has chosen her PIN: nobody else ever does it for her."""
    return "yes" if world.staff.has_key() else "no"


def first_code(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the code that she was given on paper: open | wrong_4 | locked."""
    return world.staff.first_code(secret)


def choose_pin(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Her own PIN: made | wrong | easy."""
    return world.staff.choose_pin(answers["first_handle"], secret)


def until(world: World, text: str, answers: Answers) -> SideEffectResult:
    """The last day on which she is not on duty: day | wrong | past."""
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
    SideEffect(
        "pin",
        _("follow.pin", "Write your secret number."),
        unlock,
        again=check.WRONG_PIN,
        open="has_mine",
        locked="locked",
    ),
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
    SideEffect("opened", None, open_report, open="read", gone="gone", erased="erased", broken="broken"),
    Menu(
        "read",
        REPORT,
        Option("take", _("officer.ack", "I take it"), to="rule"),
        Option("leave", _("officer.cannot", "I cannot"), to="left"),
        values=report_text,
        gives=("report",),
    ),
    Info("rule", _("officer.rules", "{rules}"), values=rules, gives=("rules",)),
    End(
        "taken",
        _("tasks.taken", "Task {new}: you have it. Thank you."),
        effect=TakeReport,
        outcomes={"late": _("tasks.late", "Another person has it already.")},
    ),
    End(
        "left",
        PASSED,
        effect=PassReport,
        outcomes={
            "late": _("tasks.late", "Another person has it already."),
            "last": LAST,
        },
    ),
    Pick("mine", MINE, among=my_reports, none="nothing"),
    SideEffect("opened_mine", None, open_mine, open="whose", gone="gone", erased="erased", broken="broken"),
    Fork("whose", whose, own="case", bound="bound", referred="referred"),
    Menu(
        "referred",
        REPORT,
        Option("came", CAME, to="shown"),
        Option("leave", _("common.exit", "Exit"), to="later"),
        values=case_text,
        gives=("report",),
    ),
    Question("shown", _("officer.her_code", "Write her code."), check.shown_code, longest=9, to="met"),
    Menu("case", REPORT, *STEPS, values=case_text, gives=("report",)),
    Menu(
        "bound",
        REPORT,
        Option("told", _("officer.police_told", "The police knows of it"), to="police_told"),
        *STEPS,
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
    Menu(
        "ask",
        _("officer.ask", "Ask her"),
        Option("safe", _("report.safe", "Are you safe now?")),
        Option("injured", _("report.injured", "Is anyone injured?")),
        Option("doctor", _("follow.want_doctor", "Do you want a doctor?")),
        to="asked",
    ),
    Fork("may_refer", wants_reply, yes="service", no="no_reply"),
    Pick("service", OTHER_HELP, among=services, none="no_helper", to="referred_on"),
    Menu(
        "reason",
        _("officer.why", "Why?"),
        Option("helped", _("officer.helped", "She got help")),
        Option("other", _("follow.other", "Another person is following it.")),
        Option("cannot", _("officer.cannot", "I cannot")),
        to="closed",
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
    End("closed", _("follow.closed", "It is finished."), effect=CloseReport, outcomes=NO_LONGER),
    End("no_reply", NO_RECEIPT),
    End("handed_over", PASSED, effect=HandOver, outcomes={**NO_LONGER, "last": LAST}),
    End("handed_all", PASSED, effect=HandAll, outcomes={"gone": NO_HELPER, "none": NONE}),
    End("ready", SAVED),
    End("gone", _("tasks.late", "Another person has it already.")),
    End("erased", _("follow.erased", "It is erased.")),
    End("broken", BROKEN),
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
    End("locked", _("tasks.locked", "Too many errors. Ask your coordinator.")),
)
