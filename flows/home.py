"""The first menu: harmless entries first, so that the code in a call log proves nothing (S4).

A number that works here sees one line more; nobody else learns that it exists.
"""

from __future__ import annotations

from typing import Any

from bot.flow import Answers, End, Flow, Fork, Menu, Option, _

WANT = _("menu.title", "What do you want?")
MEETINGS = Option("meetings", _("menu.meetings", "Meetings"), to="meetings")
HELP = Option("help", _("menu.help", "Where to get help"), to="help")
TELL = Option("tell", _("menu.tell", "Tell us something"), to="tell")
REPLIES = Option("replies", _("menu.replies", "Your replies"), to="replies")


def works_here(facts: Any, answers: Answers) -> str:
    """Whether the dialling number belongs to somebody who answers reports."""
    return "yes" if facts.works_here() else "no"


home = Flow(
    "home",
    Fork("here", works_here, yes="work", no="want"),
    Menu("want", WANT, MEETINGS, HELP, TELL, REPLIES),
    Menu("work", WANT, MEETINGS, HELP, TELL, Option("tasks", _("menu.tasks", "Tasks"), to="tasks"), REPLIES),
    End("meetings", _("meet.none", "There is no meeting now.")),
    End("help", then="help"),
    End("tell", then="report"),
    End("tasks", then="inbox"),
    End("replies", then="follow"),
)
