"""The phone's answer to `flows.world.World`: what flows may ask during a talk, made of queries and put into words.

Most methods only read. Three write, each in a transaction of its own that is over when they return: `staff.choose_pin`
(her keys), `reports.open` (the record of who opened it) and `meetings.keep_unfinished` (a draft). `staff.unlock`,
`staff.first_code` and `receipts.open` have the vault count a try. All other effects of a talk are actions at its end
(bot.phone.perform).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time

from bot.conversation.message import Values
from bot.conversation.nodes import SideEffectResult
from bot.meetings.planner import exists, next_day
from bot.phone.caller import CallerContext
from bot.phone.world_meetings import MeetingsWorld
from bot.phone.world_pairs import PairsWorld
from bot.phone.world_places import PlacesWorld
from bot.phone.world_receipts import ReceiptsWorld
from bot.phone.world_reports import ReportsWorld
from bot.phone.world_staff import StaffWorld
from bot.phone.world_watch import WatchWorld
from bot.services import Services
from bot.vault.vault import Vault
from bot.words import word_lists
from bot.words.dates import When


class World:
    """The answers for one caller during one request; its parts share one `CallerContext`.

    Made at every step of a talk, most of which ask one question: a part is made when it is asked for, and nothing is
    looked up before.
    """

    def __init__(self, services: Services, phone: str, vault: Vault | None = None) -> None:
        self.caller = CallerContext(services, phone, vault)
        self.given: Mapping[str, str] = {
            "code": services.settings.service_code,
            "service": services.country.service_name["en"],
        }

    @property
    def places(self) -> PlacesWorld:
        return PlacesWorld(self.caller)

    @property
    def staff(self) -> StaffWorld:
        return StaffWorld(self.caller)

    @property
    def watch(self) -> WatchWorld:
        return WatchWorld(self.caller)

    @property
    def receipts(self) -> ReceiptsWorld:
        return ReceiptsWorld(self.caller)

    @property
    def reports(self) -> ReportsWorld:
        return ReportsWorld(self.caller)

    @property
    def pairs(self) -> PairsWorld:
        return PairsWorld(self.caller)

    @property
    def meetings(self) -> MeetingsWorld:
        return MeetingsWorld(self.caller)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the country without those that are switched off; all of them when every one is
        switched off.
        """
        all_of_them = self.caller.country.languages
        return tuple(one for one in all_of_them if f"language:{one}" not in self.caller.staff.off) or all_of_them

    @property
    def organisation(self) -> str:
        """The first women's organisation of the country pack, or else the service's name."""
        country = self.caller.country
        women = (unit.name for unit in country.units.values() if unit.kind == "women")
        return next(women, country.service_name["en"])

    @property
    def must_report_children(self) -> bool:
        """Whether the country's law demands that the police is told of a child's case (India, POCSO s.19, S39)."""
        return bool(self.caller.country.police_told_of_children)

    @property
    def tells_a_new_dial(self) -> bool:
        return self.caller.marked

    def despairs(self, words: str) -> bool:
        return word_lists.despairs(words)

    def sealed_number(self) -> SideEffectResult:
        return SideEffectResult("kept", self.caller.vault.keep_number(self.caller.phone).hex())

    def day(self, text: str) -> SideEffectResult:
        """Read a typed day, like 12/3, or 1203 where a phone has no stroke, in digits of any script: day (with the
        coming ISO date) | past | wrong.
        """
        typed = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
        match = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})|(\d\d)(\d\d)", typed)
        if not match:
            return SideEffectResult("wrong")
        day, month = (int(part) for part in match.groups() if part)
        coming = next_day(day, month, self.caller.local)
        if coming is None:
            return SideEffectResult("past" if exists(day, month) else "wrong")
        return SideEffectResult("day", coming.date().isoformat())

    def spoken(self, day: str, hour: str) -> Values:
        hours, minutes = hour.split(":")
        date = datetime.fromisoformat(day).date()
        return {"spoken_time": When(datetime.combine(date, time(int(hours), int(minutes))))}
