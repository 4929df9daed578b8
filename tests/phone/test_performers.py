"""What a talk brings about is done by the service that stands beside it, and the type checker sees to that."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest

import bot.actions.meetings
import bot.actions.people
import bot.actions.reports
from bot.conversation.nodes import Fork, Menu
from bot.meetings import terms
from bot.meetings.lifecycle import Verdict
from bot.meetings.steps import Step
from bot.phone.perform import FILINGS, PERFORMERS, Caller, Performers, perform
from bot.settings import ROOT
from bot.storage.unit_of_work import Outcome, Work
from flows import FLOWS
from tests.support.office import Office

ACTIONS = {
    kind
    for module in (bot.actions.meetings, bot.actions.people, bot.actions.reports)
    for _name, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__ == module.__name__
}
PLANTED = """
from bot.actions.meetings import CancelMeeting, StopMeeting
from bot.meetings import lifecycle
from bot.phone.perform import Caller, Performers, actor
from bot.settings import ROOT
from bot.storage.unit_of_work import Outcome, Work


def stops(work: Work, caller: Caller, action: StopMeeting) -> Outcome[str]:
    return lifecycle.stop(work, actor(work, caller, action), action.which)


Performers().on(CancelMeeting, stops)  # another action
Performers().on(StopMeeting, stops)
Performers().on(CancelMeeting, lambda work, caller, a: lifecycle.cancel(work, actor(work, caller, a), a.whom))  # field
Performers().on(CancelMeeting, lambda work, caller, a: lifecycle.cancel(work, actor(work, caller, a), a.which))
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The sentences of the type checker on lines planted in a file of their own, by the comment of the line."""
    planted = tmp_path_factory.mktemp("planted") / "planted.py"
    planted.write_text(PLANTED, encoding="utf-8")
    asked = [sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", str(planted)]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=600)
    found = re.findall(r"planted\.py:(\d+): error: (.*)", said.stdout)
    lines = PLANTED.splitlines()
    return {lines[int(number) - 1].partition("  # ")[2]: sentence for number, sentence in found}


def test_nobody_whose_meeting_is_to_be_cancelled_has_it_stopped_instead(refused: dict[str, str]) -> None:
    assert "StopMeeting" in refused["another action"]
    assert "CancelMeeting" in refused["another action"]


def test_a_line_reads_the_fields_of_its_own_action_and_a_right_one_is_accepted(refused: dict[str, str]) -> None:
    assert refused["field"].startswith('"CancelMeeting" has no attribute "whom"')
    assert {*refused} == {"another action", "field"}


def test_whatever_she_can_bring_about_is_done_by_one_line() -> None:
    assert {*PERFORMERS, *FILINGS} == ACTIONS
    assert not {*PERFORMERS} & {*FILINGS}


def test_nobody_is_served_twice_for_one_action_or_by_silence(tmp_path: Path) -> None:
    performers = Performers()
    performers.on(str, lambda work, caller, action: Outcome("done"))
    with pytest.raises(TypeError, match="str is performed twice"):
        performers.on(str, lambda work, caller, action: Outcome("done"))
    office = Office(tmp_path)
    with office.services.sessions.begin() as db, pytest.raises(TypeError, match="object"):
        perform(Work(db, office.services.vault, office.services.country, 0), Caller(), object())
    office.services.engine.dispose()


SCREENS: list[tuple[str, str, type[StrEnum], set[str]]] = [  # and what else leads on from that screen
    ("convene", "kind", terms.MeetingKind, set()),
    ("convene", "whom", terms.Audience, set()),
    ("convene", "there", terms.Offer, {""}),
    ("convene", "reason", terms.Reason, set()),
    ("convene", "decided", terms.Deed, {""}),
    ("convene", "what", terms.Deed, set()),
    ("convene", "who", terms.Promiser, set()),
    ("convene", "plan", terms.Change, set()),
    ("convene", "plan_too", terms.Change, set()),
    ("convene", "sign", Verdict, {"concerns"}),
    ("convene", "second", Verdict, {"concerns"}),
    ("meetings", "hours", terms.PartOfDay, {"any"}),
]


@pytest.mark.parametrize(("flow", "screen", "values", "more"), SCREENS)
def test_whatever_she_chooses_on_a_screen_is_a_value_that_services_know(
    flow: str, screen: str, values: type[StrEnum], more: set[str]
) -> None:
    node = FLOWS.flows[flow].nodes[screen]
    assert isinstance(node, Menu)
    assert {option.value for option in node.options} - more == {*values}


def test_of_the_kinds_of_which_she_wants_to_hear_each_is_one_that_is_called() -> None:
    node = FLOWS.flows["meetings"].nodes["kinds"]
    assert isinstance(node, Menu)
    assert {option.value for option in node.options} - {""} < {*terms.MeetingKind}


def test_whatever_a_leader_may_do_with_a_meeting_has_its_screen() -> None:
    fork = FLOWS.flows["convene"].nodes["stage"]
    assert isinstance(fork, Fork)
    assert {*fork.ways} == {*Step, "gone"}
