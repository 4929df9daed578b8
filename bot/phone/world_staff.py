"""The questions of flows about staff: whether the caller is one, her PIN, and where her tasks are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.message import _
from bot.conversation.nodes import Row, SideEffectResult
from bot.country.rows import Role
from bot.meetings import queries
from bot.meetings.choices import Somebody
from bot.meetings.steps import CONVENORS, member
from bot.people import pairs, sign_in
from bot.people.sign_in import Refused
from bot.phone.caller import CallerContext
from bot.phone.world_meetings import known_as
from bot.storage.outbox import now
from bot.storage.unit_of_work import Work

ROOMS = {
    "agree": _("agree.confirm", "To confirm"),
    "reports": _("tasks.new", "New tasks"),
    "meetings": _("menu.meetings", "Meetings"),
    "watch": _("watch.title", "Oversight"),
}  # the talks of staff, as their menu names them


@dataclass
class StaffWorld:
    """Answers for one caller, during one request. `flows.world.StaffWorld` says what each question gives."""

    caller: CallerContext

    def works_here(self) -> bool:
        return self.caller.works_here

    def on_this_phone(self) -> Sequence[Row]:
        if not self.caller.is_shared:
            return ()
        return known_as(Somebody(one.id, one.ref, "") for one in self.caller.people)  # no unit: it may be a shelter

    def tasks_in(self, who: str = "") -> str:
        self.caller.chosen = who
        rooms = self._rooms()
        return rooms[0] if len(rooms) == 1 else "several"

    def rooms(self) -> Sequence[Row]:
        return [Row(room, ROOMS[room]) for room in self._rooms()]

    def _rooms(self) -> Sequence[str]:
        """The talks in which this member of staff has something to do."""
        person = self.caller.person
        if person is None:
            return ["reports"]
        self.caller.chosen = person.id  # this talk asks for her PIN, should her phone be shared meanwhile
        if not person.public_key:
            return ["reports"]  # where she chooses her PIN
        with self.caller.reads() as db:
            work = Work(db, self.caller.vault, self.caller.country, now())
            convenes = person.role in CONVENORS
            found = {
                "agree": bool(pairs.waiting(work, person, self.caller.services.settings.is_demo)),
                "reports": not convenes,
                "meetings": convenes or queries.is_asked(work, member(person)),
                "watch": person.role == Role.OVERSIGHT,
            }
        return [room for room, there in found.items() if there]

    def has_key(self) -> bool:
        return self.caller.person is None or bool(self.caller.person.public_key)

    def unlock(self, pin: str) -> SideEffectResult:
        tried = sign_in.by_pin(self.caller.vault, self.caller.person, pin)
        return refused(tried) if isinstance(tried, Refused) else SideEffectResult("open", tried.key_handle)

    def first_code(self, code: str) -> SideEffectResult:
        tried = sign_in.by_first_code(self.caller.vault, self.caller.person, code)
        return refused(tried) if isinstance(tried, Refused) else SideEffectResult("open", tried.handle)

    def choose_pin(self, handle: str, pin: str) -> SideEffectResult:
        person = self.caller.serving()
        return SideEffectResult(sign_in.choose_pin(self.caller.sessions, self.caller.vault, person, handle, pin))


def refused(tried: Refused) -> SideEffectResult:
    """The outcome for which flows have a text: wrong | wrong_4 (so many tries are left) | locked."""
    return SideEffectResult(f"wrong_{tried.left}" if tried.left else tried.reason)
