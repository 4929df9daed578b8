"""The one meeting of the small world of the golden talks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.conversation.message import Msg, Said, Values
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.meetings.labels import (
    ANSWERED,
    CHILDREN,
    DECIDED,
    LATE_PROMISE,
    PAID,
    PROMISED,
    SPOKEN,
    TALK,
    TOGETHER,
    WARNINGS,
    WHAT,
    WHEN,
    WHO,
)
from bot.meetings.labels import STATUS as STANDS
from bot.phone.world_meetings import (
    ALL_KINDS,
    CLOSE,
    COST,
    GOOD,
    LEFT,
    NEW_MEETING,
    OFFICER,
    PLACED,
    UNPLACED,
    WOMEN_ONLY,
    YOURS,
)
from bot.storage.tables.meetings import MeetingStatus
from bot.words.dates import When

if TYPE_CHECKING:
    from tests.support.small_world import World

AT = {"when": When(datetime(2026, 12, 3, 14)), "place": "Centre (demo)"}  # noqa: DTZ001  (a local hour)
PROMISED_AT = {"what": WHAT["light"], "who": WHO["commune"], "day": "1/12", "place": "Buyenzi"}
AGAINST = WARNINGS["no childcare"]


@dataclass
class Meetings:
    """One meeting, as far as `may` says."""

    world: World

    def announced(self) -> list[Row]:
        return [Row("m", "3/12 14:00")] if self.world.may else []

    def announcement(self, which: str) -> Values:
        return {"meeting": (Said(UNPLACED, AT), WOMEN_ONLY, OFFICER)}

    def offers(self, which: str) -> Values:
        return {"offers": (CHILDREN, TOGETHER, PAID, TALK, Said(SPOKEN, {"languages": "Ikirundi, Francais"}))}

    def when(self, which: str) -> str:
        return ("both" if self.world.promised else "after") if self.world.past else "before"

    def minutes(self, which: str) -> Values:
        decided = Said(DECIDED, {"what": (WHAT["light"], WHAT["water"])})
        return {"minutes": (decided, Said(PROMISED, PROMISED_AT), ANSWERED)}

    def subscription(self) -> Values:
        return {"mine": (Said(YOURS, {"place": "Buyenzi"}), ALL_KINDS, WHEN["morning"])}

    def promises(self) -> Values:
        return {"promises": (Said(LATE_PROMISE, PROMISED_AT), Said(PROMISED, PROMISED_AT))}

    def has_promises(self) -> bool:
        return self.world.promised

    def promises_of(self, which: str) -> list[Row]:
        return [Row("p", WHAT["light"])]

    def agenda(self, handle: str) -> list[Row]:
        rows = [Row("m", "3/12 14:00")]
        return (
            [Row("new", NEW_MEETING), *rows]
            if self.world.may == "own"
            else [*rows, *[Row("close", CLOSE)] * (self.world.may == "sign")]
        )

    def stage(self, handle: str, which: str) -> str:
        return self.world.may

    def planned(self, handle: str, which: str) -> Values:
        return {"meeting": self._planned()}

    def _planned(self) -> tuple[Msg, ...]:
        against = (AGAINST,) if self.world.may == "sign" else ()
        return (Said(PLACED, AT), STANDS[MeetingStatus.CALLED], *against)

    def preview(self, handle: str, which: str) -> Values:
        cost, left = Said(COST, {"segments": "41", "amount": "1.03 USD"}), Said(LEFT, {"amount": "87.40 USD"})
        return {"meeting": (*self._planned(), cost, left), "count": "41"}

    def again(self, handle: str, which: str) -> list[Row]:
        return [Row("2026-12-10", "10/12"), Row("2026-12-17", "17/12"), Row("2027-01-07", "7/1")]

    def drafted(self, handle: str, which: str) -> Values:
        return {"findings": (Said(PLACED, AT), GOOD)}

    def draft(self, answers: Answers) -> Values:
        return {"findings": (AGAINST,) if "childcare" not in answers["there"] else (GOOD,)}

    def speaks_against(self, answers: Answers) -> bool:
        return "childcare" not in answers["there"]

    def worried(self, handle: str, which: str) -> bool:
        return True

    def concerns(self, handle: str, which: str) -> Values:
        return {"concerns": ("The road is dark.", "My husband asks why I go.")}

    def sent_heads(self, handle: str, which: str) -> str:
        return "4 30 0 0"

    def zones(self, handle: str) -> list[Row]:
        return self.world.places.served()

    def closing(self, handle: str) -> list[Row]:
        return self.world.places.served()

    def venues(self, zone: str) -> list[Row]:
        return [Row("V1", "Centre (demo)"), Row("V2", "School (demo)")]

    def women(self, answers: Answers) -> list[Row]:
        return [Row("C1A", "C1A"), Row("P1", "P1")]

    def women_for(self, which: str) -> list[Row]:
        return [Row("P1", "P1")]

    def listeners(self, answers: Answers) -> list[Row]:
        return [Row("A1", "Women's group A1")]

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        return SideEffectResult("kept")
