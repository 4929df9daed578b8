"""What a flow may ask, the phone and the world of golden talks can answer: mypy holds the types, these tests the names.

Each part is named here, because mypy's cache does not look again at a line that names the whole world alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from bot.phone import (
    world,
    world_meetings,
    world_pairs,
    world_places,
    world_receipts,
    world_reports,
    world_staff,
    world_watch,
)
from bot.phone.caller import CallerContext
from bot.services import Services
from flows import world as asked
from flows.world_meetings import MeetingsWorld
from tests.support import small_meetings, small_world

WORLD: Callable[[Services, str], asked.World] = world.World
PLACES: Callable[[CallerContext], asked.PlacesWorld] = world_places.PlacesWorld
STAFF: Callable[[CallerContext], asked.StaffWorld] = world_staff.StaffWorld
RECEIPTS: Callable[[CallerContext], asked.ReceiptsWorld] = world_receipts.ReceiptsWorld
REPORTS: Callable[[CallerContext], asked.ReportsWorld] = world_reports.ReportsWorld
MEETINGS: Callable[[CallerContext], MeetingsWorld] = world_meetings.MeetingsWorld
PAIRS: Callable[[CallerContext], asked.PairsWorld] = world_pairs.PairsWorld
WATCH: Callable[[CallerContext], asked.WatchWorld] = world_watch.WatchWorld
PARTS: list[tuple[type, type, type]] = [
    (asked.PlacesWorld, world_places.PlacesWorld, small_world.Places),
    (asked.StaffWorld, world_staff.StaffWorld, small_world.Staff),
    (asked.ReceiptsWorld, world_receipts.ReceiptsWorld, small_world.Receipts),
    (asked.ReportsWorld, world_reports.ReportsWorld, small_world.Reports),
    (MeetingsWorld, world_meetings.MeetingsWorld, small_meetings.Meetings),
    (asked.PairsWorld, world_pairs.PairsWorld, small_world.Pairs),
    (asked.WatchWorld, world_watch.WatchWorld, small_world.Watch),
]


def questions(part: type) -> dict[str, list[str]]:
    """The names of the public methods and of what they take."""
    found = inspect.getmembers(part, inspect.isfunction)
    return {name: [*inspect.signature(ask).parameters] for name, ask in found if not name.startswith("_")}


@pytest.mark.parametrize(("protocol", "real", "of_tests"), PARTS, ids=lambda part: part.__name__)
def test_what_a_flow_may_ask_and_nothing_else_is_answered(protocol: type, real: type, of_tests: type) -> None:
    assert questions(protocol) == questions(real) == questions(of_tests)
