"""The PIN that opens a talk of staff: asked once, in the same words, by every flow in which they work."""

from __future__ import annotations

from bot.conversation import Answers, End, SideEffect, SideEffectResult, _
from bot.conversation import answers as check
from flows.world import World


def unlock(world: World, secret: str, answers: Answers) -> SideEffectResult:
    """Try the PIN of the number that dials: open | wrong_4 (so many tries are left) | locked."""
    return world.staff.unlock(secret)


def ask_pin(opens: str) -> SideEffect:
    """The screen `pin`, which leads to the screen `opens`. A flow that has it ends with `LOCKED` too."""
    text = _("follow.pin", "Write your secret digits.")
    return SideEffect("pin", text, unlock, again=check.WRONG_PIN, open=opens, locked="locked")


LOCKED = End("locked", _("tasks.locked", "Too many errors. Ask your coordinator."))
