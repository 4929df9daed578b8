"""The first menu: harmless entries first, so that the dialled code in a call log proves nothing (S4).

The phone of a member of staff shows two more options, and nobody else sees that they exist: her tasks, and another
language. She is not asked for hers at every dial, so that whoever borrows her phone finds it here.
"""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Fork, Menu, Option, Pick, Row, _
from bot.conversation.nodes import NO_ROWS
from flows.world import World

WANT = _("menu.title", "What do you want?")
MEETINGS = Option("meetings", _("menu.meetings", "Meetings"), to="meetings")
TASKS = _("menu.tasks", "Tasks")
HELP = Option("help", _("menu.help", "Where to get help"), to="help")
TELL = Option("tell", _("menu.tell", "Tell us something"), to="tell")
REPLIES = Option("replies", _("menu.replies", "Your replies"), to="replies")


ANOTHER = Option("language", _("lang.title", "Language / Langue / Ururimi"), to="language")


def works_here(world: World, answers: Answers) -> str:
    """Whether the number that dials belongs to a member of staff: yes | no."""
    return "yes" if world.staff.works_here() else "no"


def on_this_phone(world: World, answers: Answers) -> list[Row]:
    """Those who share the phone that dials; nobody has to choose where it is one person's."""
    return list(world.staff.on_this_phone())


def tasks_in(world: World, answers: Answers) -> str:
    """Where the tasks of this member of staff are: reports | meetings | agree | several."""
    who = answers.get("who", NO_ROWS)
    return world.staff.tasks_in("" if who == NO_ROWS else who)


def rooms(world: World, answers: Answers) -> list[Row]:
    """The talks in which she has something to do, where there are several."""
    return list(world.staff.rooms())


home = Flow(
    "home",
    Fork("here", works_here, yes="work", no="want"),
    Menu("want", WANT, MEETINGS, HELP, TELL, REPLIES),
    Menu("work", WANT, MEETINGS, HELP, TELL, Option("tasks", TASKS, to="who"), REPLIES, ANOTHER),
    End("meetings", then="meetings"),
    End("help", then="help"),
    End("tell", then="report"),
    Pick("who", TASKS, among=on_this_phone, none="tasks", to="tasks"),
    Fork("tasks", tasks_in, reports="inbox", meetings="convene", agree="agree", several="which_tasks"),
    Pick(
        "which_tasks",
        TASKS,
        among=rooms,
        none="inbox",
        jumps={"agree": "agree", "meetings": "convene", "watch": "watch"},
        to="inbox",
        was="asked",
    ),
    End("agree", then="agree"),
    End("inbox", then="inbox"),
    End("convene", then="convene"),
    End("watch", then="watch"),
    End("replies", then="follow"),
    End("language", then="language"),
)
