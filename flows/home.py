"""The first menu: harmless entries first, so that the code in a call log proves nothing (S4).

A number that works here sees one line more; nobody else learns that it exists.
"""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Fork, Menu, Option, _
from flows.world import World

WANT = _("menu.title", "What do you want?")
MEETINGS = Option("meetings", _("menu.meetings", "Meetings"), to="meetings")
MEETINGS_TOO = Option("meetings", _("menu.meetings", "Meetings"), to="convene")
TELLING = _("tasks.new", "New tasks")
HELP = Option("help", _("menu.help", "Where to get help"), to="help")
TELL = Option("tell", _("menu.tell", "Tell us something"), to="tell")
REPLIES = Option("replies", _("menu.replies", "Your replies"), to="replies")


def works_here(world: World, answers: Answers) -> str:
    """Whether the dialling number belongs to somebody who answers reports."""
    return "yes" if world.staff.works_here() else "no"


def desk(world: World, answers: Answers) -> str:
    """Where the tasks of the one who dials are: reports | meetings | both."""
    return world.staff.tasks_in()


home = Flow(
    "home",
    Fork("here", works_here, yes="work", no="want"),
    Menu("want", WANT, MEETINGS, HELP, TELL, REPLIES),
    Menu("work", WANT, MEETINGS, HELP, TELL, Option("tasks", _("menu.tasks", "Tasks"), to="tasks"), REPLIES),
    End("meetings", then="meetings"),
    End("help", then="help"),
    End("tell", then="report"),
    Fork("tasks", desk, reports="inbox", meetings="convene", both="which_tasks"),
    Menu("which_tasks", _("menu.tasks", "Tasks"), Option("reports", TELLING, to="inbox"), MEETINGS_TOO),
    End("inbox", then="inbox"),
    End("convene", then="convene"),
    End("replies", then="follow"),
)
