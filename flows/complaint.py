"""A complaint about the police or about somebody who works here: only oversight reads it, from whatever place (S46).

She has read the limits before she comes here. No helper is offered, no officer and nobody of this service gets a copy:
that is said before she sends, and again after.
"""

from __future__ import annotations

from bot.actions.reports import FileComplaint
from bot.conversation import Answers, End, Flow, Fork, Info, Menu, Option, Pick, Values, _
from flows import places
from flows.numbers import ask_to_leave_out
from flows.report import (
    ABOUT_POLICE,
    ARRIVED,
    CHOOSE_PIN,
    CODED,
    DANGERS,
    DO_NOT_SEND,
    OVERSIGHT,
    PEOPLE,
    SEND_CODED,
    SEND_NOW,
    SEND_TO,
    THANKS,
    dangers,
    goes_on,
    people,
)
from flows.told import WHEN, WORDS, is_now
from flows.world import World


def speaks_of_suicide(world: World, answers: Answers) -> str:
    """Whether her words speak of ending her life: then she is first shown where to find people (S55). crisis | none."""
    return "crisis" if world.despairs(answers["words"]) else "none"


def whom(world: World, answers: Answers) -> Values:
    """`whom`: oversight, and nobody else."""
    return {"whom": OVERSIGHT}


def whom_and_code(world: World, answers: Answers) -> Values:
    """`whom` as above, and `receipt`: her code, where nothing can follow the sending (S8)."""
    return {**whom(world, answers), "receipt": world.receipts.code(answers["pin_handle"])}


complaint = Flow(
    "complaint",
    Menu(
        "about",
        _("complaint.only", "Only {whom} reads it: no officer, nobody else."),
        Option("po", ABOUT_POLICE),
        Option("st", _("complaint.staff", "About who answers here")),
        values=whom,
        gives=("whom",),
    ),
    Pick(
        "zone",
        places.WHERE,
        among=places.served_zones,
        none="province",
        jumps={places.ELSEWHERE: "province"},
        to="when",
    ),
    Pick("province", places.WHERE, among=places.provinces, none="when"),
    Fork("deeper", places.has_communes, yes="commune", no="when"),
    Pick("commune", places.WHERE, among=places.communes, none="when"),
    Pick("other_zone", places.WHERE, among=places.zones, none="when", to="when"),
    WHEN,
    Fork("is_now", is_now, yes="danger", no="words"),
    Info("danger", DANGERS, values=dangers, gives=("danger",)),
    WORDS,
    *ask_to_leave_out("heard"),
    Fork("heard", speaks_of_suicide, crisis="crisis", none="goes_on"),
    Info("crisis", PEOPLE, values=people, gives=("health",)),
    Fork("goes_on", goes_on, yes="send", no="pin"),
    CHOOSE_PIN,
    Menu("send_last", SEND_CODED, SEND_NOW, DO_NOT_SEND, values=whom_and_code, gives=("whom", "receipt")),
    Menu("send", SEND_TO, SEND_NOW, DO_NOT_SEND, values=whom, gives=("whom",)),
    End(
        "sent",
        ARRIVED,
        effect=FileComplaint,
        outcomes={
            **dict.fromkeys(CODED, THANKS),
            "nobody": _("report.no_reader", "It was not sent: nobody can read it now. Go to a health centre."),
        },
        then="told",
        stops=("nobody", *CODED),
    ),
    End("unsent", _("report.cancelled", "Nothing was sent.")),
)
