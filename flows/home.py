"""The first menu: harmless entries first, so that the dialled code in a call log proves nothing (S4).

The phone of a member of staff shows one more option; nobody else sees that it exists.
"""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Fork, Menu, Option, Pick, Row, _
from bot.conversation.nodes import NO_ROWS
from flows.world import World

WANT = _("menu.title", "What do you want?")
MEETINGS = Option("meetings", _("menu.meetings", "Meetings"), to="meetings")
MEETINGS_TOO = Option("meetings", _("menu.meetings", "Meetings"), to="convene")
REPORT_TASKS = _("tasks.new", "New tasks")
HELP = Option("help", _("menu.help", "Where to get help"), to="help")
TELL = Option("tell", _("menu.tell", "Tell us something"), to="tell")
REPLIES = Option("replies", _("menu.replies", "Your replies"), to="replies")


def works_here(world: World, answers: Answers) -> str:
    """Whether the number that dials belongs to a member of staff: yes | no."""
    return "yes" if world.staff.works_here() else "no"


def on_this_phone(world: World, answers: Answers) -> list[Row]:
    """Those who share the phone that dials; nobody has to choose where it is one person's."""
    return list(world.staff.on_this_phone())


def tasks_in(world: World, answers: Answers) -> str:
    """Where the tasks of this member of staff are: reports | meetings | both | asked (something waits for her
    word)."""
    who = answers.get("who", NO_ROWS)
    return world.staff.tasks_in("" if who == NO_ROWS else who)


home = Flow(
    "home",
    Fork("here", works_here, yes="work", no="want"),
    Menu("want", WANT, MEETINGS, HELP, TELL, REPLIES),
    Menu("work", WANT, MEETINGS, HELP, TELL, Option("tasks", _("menu.tasks", "Tasks"), to="who"), REPLIES),
    End("meetings", then="meetings"),
    End("help", then="help"),
    End("tell", then="report"),
    Pick("who", _("menu.tasks", "Tasks"), among=on_this_phone, none="tasks", to="tasks"),
    Fork("tasks", tasks_in, reports="inbox", meetings="convene", both="which_tasks", asked="asked"),
    Menu("which_tasks", _("menu.tasks", "Tasks"), Option("reports", REPORT_TASKS, to="inbox"), MEETINGS_TOO),
    Menu(
        "asked",
        _("menu.tasks", "Tasks"),
        Option("agree", _("agree.confirm", "To confirm"), to="agree"),
        Option("reports", REPORT_TASKS, to="inbox"),
        MEETINGS_TOO,
    ),
    End("agree", then="agree"),
    End("inbox", then="inbox"),
    End("convene", then="convene"),
    End("replies", then="follow"),
)
