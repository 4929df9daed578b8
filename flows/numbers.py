"""A telephone number in her words: she is asked once whether to leave it out, before they are kept. A number, hers or
another's, leads whoever reads it to a person."""

from __future__ import annotations

from bot.conversation import Answers, Fork, Menu, Option, _
from bot.conversation import answers as check
from flows.world import World


def holds_number(world: World, answers: Answers) -> str:
    """Whether there is a telephone number in her words: yes | no."""
    return "yes" if check.holds_number(answers["words"]) else "no"


def ask_to_leave_out(then: str) -> tuple[Fork, Menu]:
    """The screens that follow her words; `then` is the screen after them. `leave_out` is yes | no where she was
    asked."""
    return (
        Fork("holds", holds_number, yes="leave_out", no=then),
        Menu(
            "leave_out",
            _("words.number", "There is a number in your words. Leave it out?"),
            Option("yes", _("common.yes", "Yes")),
            Option("no", _("common.no", "No")),
            to=then,
        ),
    )
