"""It belongs to another zone: whoever has taken a report proposes it, and the reporter is asked when she looks.

Only her yes lets anybody there read it, and nothing waits for her answer: until then it stays whose it is (S45, S64).
"""

from __future__ import annotations

from bot.actions.reports import AnswerZone, ProposeZone
from bot.conversation import Answers, End, Fork, Menu, Option, Pick, Row, Values, _
from flows.places import ELSEWHERE, WHERE
from flows.world import World

OTHER_ZONE = Option("elsewhere", _("officer.elsewhere", "Another zone"), to="may_move")
NOBODY = _("officer.nobody_there", "Nobody there can read it now. If you cannot help, choose: I cannot.")
NO_CODE = _("officer.no_code", "She has no code: nobody can ask her. If you cannot help, choose: I cannot.")
BROKEN = _("tasks.broken", "We cannot do it. Ask your coordinator.")
GONE = _("tasks.gone", "You cannot read it any more.")
PASSED = _("officer.passed", "It goes to another person.")


def can_be_asked(world: World, answers: Answers) -> str:
    """Whether the reporter has a receipt, with which she reads a question: yes | no."""
    return "yes" if world.reports.wants_reply(answers["pin_handle"], answers["mine"]) else "no"


def other_zones(world: World, answers: Answers) -> list[Row]:
    """The other zones where somebody answers reports, and a row for all places where nobody does."""
    there = world.reports.other_zones(answers["pin_handle"], answers["mine"])
    return [*there, Row(ELSEWHERE, _("report.where.other", "Somewhere else"))]


def is_asked(world: World, answers: Answers) -> str:
    """Whether she is asked if her report may go to another zone: yes | no."""
    return "yes" if world.receipts.other_zone(answers["code"], answers["pin_handle"]) else "no"


def which_zone(world: World, answers: Answers) -> Values:
    """`helper` and `place`: who would have it, and where."""
    return world.receipts.other_zone(answers["code"], answers["pin_handle"])


def propose_a_zone() -> tuple[Fork | Pick | End, ...]:
    """The screens of whoever has taken it: which zone."""
    return (
        Fork("may_move", can_be_asked, yes="to_zone", no="no_code"),
        Pick("to_zone", WHERE, among=other_zones, none="nobody_there", jumps={ELSEWHERE: "nobody_there"}),
        End(
            "zone_proposed",
            _("officer.zone_asked", "She is asked when she looks. It is your task until she says yes."),
            effect=ProposeZone,
            outcomes={
                "danger": _("officer.zone_danger", "She is asked when she looks. Another phone rings now."),
                "again": _("officer.zone_again", "She is asked already."),
                "nobody": NOBODY,
                "no_receipt": NO_CODE,
                "broken": BROKEN,
                "gone": GONE,
            },
        ),
        End("no_code", NO_CODE),
        End("nobody_there", NOBODY),
    )


def asked_about_a_zone(otherwise: str) -> tuple[Fork | Menu | End, ...]:
    """The screens of the reporter: yes or no; or first what she came for, at `otherwise`."""
    return (
        Fork("moves", is_asked, yes="other_zone", no=otherwise),
        Menu(
            "other_zone",
            _("follow.other_zone", "May it go to another zone? {helper}: {place}"),
            Option("yes", _("common.yes", "Yes"), to="zone_said"),
            Option("no", _("common.no", "No"), to="zone_said"),
            Option("later", _("menu.replies", "Your replies"), to=otherwise),
            values=which_zone,
            gives=("helper", "place"),
        ),
        End(
            "zone_said",
            PASSED,
            effect=AnswerZone,
            outcomes={
                "kept": _("leader.saved", "It is written. Thank you."),
                "nobody": _("follow.nobody_there", "Nobody is there now. It stays where it is."),
                "late": _("follow.closed", "It is finished."),
                "gone": _("follow.erased", "It is erased."),
            },
        ),
    )
