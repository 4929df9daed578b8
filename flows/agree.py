"""What another person has proposed waits for her word: who, what, with whom. She signs what she has seen.

It takes her PIN again, like any task. What happens then is done by a command, once, as it was shown here.
"""

from __future__ import annotations

from bot.actions.people import AgreeProposal, RefuseProposal
from bot.conversation import Answers, End, Flow, Menu, Option, Pick, Row, SideEffect, SideEffectResult, Values, _
from flows.pin import LOCKED, ask_pin
from flows.world import World

CONFIRM = _("agree.confirm", "To confirm")
SAVED = _("leader.saved", "It is written. Thank you.")
CHANGED = _("meet.changed", "It has changed meanwhile. Look again.")


def proposals(world: World, answers: Answers) -> list[Row]:
    """What waits for her word, by number."""
    return list(world.pairs.waiting(answers["pin_handle"]))


def see(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """What she will see, as a handle that her word is bound to: seen | gone."""
    return world.pairs.see(answers["pin_handle"], answers["which"])


def proposal(world: World, answers: Answers) -> Values:
    """`proposal`: who proposes what, and with whom."""
    return world.pairs.text(answers["pin_handle"], answers["which"])


agree = Flow(
    "agree",
    ask_pin("which"),
    Pick("which", CONFIRM, among=proposals, none="nothing", to="seen"),
    SideEffect("seen", None, see, seen="proposal", gone="gone"),
    Menu(
        "proposal",
        _("agree.proposal", "{proposal}"),
        Option("yes", _("meet.agree", "I agree"), to="agreed"),
        Option("no", _("common.no", "No"), to="refused"),
        values=proposal,
        gives=("proposal",),
    ),
    End("agreed", SAVED, effect=AgreeProposal, outcomes={"gone": CHANGED}),
    End("refused", SAVED, effect=RefuseProposal, outcomes={"gone": CHANGED}),
    End("gone", CHANGED),
    End("nothing", _("tasks.none", "There is no new task.")),
    LOCKED,
)
