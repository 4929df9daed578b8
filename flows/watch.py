"""Oversight on its phone: what waits, what was closed without help, who opened what, and figures of the service.

It shows task numbers, roles and days, never a name and nothing that was told: that is read under *New tasks*, where
each opening is recorded with its reason (S60). Figures are of months, in tenths (S86, S89).
"""

from __future__ import annotations

from bot.conversation import Answers, End, Flow, Info, Menu, Option, Values, _
from flows.pin import LOCKED, ask_pin
from flows.world import World

LINES = _("watch.lines", "{lines}")


def waiting(world: World, answers: Answers) -> Values:
    """`lines`: the requests that are open, danger first, then the oldest."""
    return {"lines": world.watch.waiting(answers["pin_handle"])}


def unhelped(world: World, answers: Answers) -> Values:
    """`lines`: the requests that were closed without help."""
    return {"lines": world.watch.unhelped(answers["pin_handle"])}


def openings(world: World, answers: Answers) -> Values:
    """`lines`: who opened which task, by role, the last ones first."""
    return {"lines": world.watch.openings(answers["pin_handle"])}


def figures(world: World, answers: Answers) -> Values:
    """`lines`: the last months of the service in tenths."""
    return {"lines": world.watch.figures(answers["pin_handle"])}


watch = Flow(
    "watch",
    ask_pin("what"),
    Menu(
        "what",
        _("watch.title", "Oversight"),
        Option("waiting", _("watch.waiting", "Tasks waiting"), to="waiting"),
        Option("unhelped", _("watch.unhelped", "Finished without help"), to="unhelped"),
        Option("openings", _("watch.openings", "Who read what"), to="openings"),
        Option("figures", _("watch.figures", "Figures"), to="figures"),
    ),
    Info("waiting", LINES, values=waiting, gives=("lines",), to="seen"),
    Info("unhelped", LINES, values=unhelped, gives=("lines",), to="seen"),
    Info("openings", LINES, values=openings, gives=("lines",), to="seen"),
    Info("figures", LINES, values=figures, gives=("lines",), to="seen"),
    End("seen", _("common.thanks", "Thank you.")),
    LOCKED,
)
