"""The questions of flows about proposals that wait for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Row, SideEffectResult
from bot.people import pairs
from bot.people.pairs import PairAction, Waiting
from bot.phone.caller import CallerContext
from bot.storage.outbox import now
from bot.storage.unit_of_work import Work

GONE = _("meet.changed", "It has changed meanwhile. Look again.")
LINE = _("agree.line", "{number}. {who}: {what}: {whom}")
KEYS = _("agree.keys", "Destroy keys")
REOPEN = _("agree.reopen", "Open again")
WHAT: dict[PairAction, Msg] = {
    PairAction.IMPORT: _("agree.import", "Enrol people"),
    PairAction.CONFIRM: _("agree.confirm", "To confirm"),
    PairAction.UNLOCK: _("agree.unlock", "Forget wrong tries"),
    PairAction.DISABLE: KEYS,
    PairAction.DESTROY: KEYS,
    PairAction.PAPER: _("agree.paper", "New key on paper"),
    PairAction.MOVE: _("agree.move", "Move"),
    PairAction.NUMBER: _("agree.number", "New number"),
    PairAction.REOPEN: REOPEN,
    PairAction.SWITCH_ON: REOPEN,
    PairAction.PUBLISH: _("agree.publish", "Publish"),
    PairAction.BEGIN: _("agree.confirm", "To confirm"),  # never proposed
}


@dataclass
class PairsWorld:
    """Answers for one caller, during one request. `flows.world.PairsWorld` says what each question gives."""

    caller: CallerContext

    def waiting(self, handle: str) -> Sequence[Row]:
        return [Row(str(one.number), str(one.number)) for one in self._found(handle)]

    def see(self, handle: str, number: str) -> SideEffectResult:
        one = self._one(handle, number)
        return SideEffectResult("seen", one.digest) if one else SideEffectResult("gone")

    def text(self, handle: str, number: str) -> Values:
        one = self._one(handle, number)
        if one is None:
            return {"proposal": (GONE,)}
        said = {"number": number, "who": one.who, "what": WHAT[one.action], "whom": one.about}
        return {"proposal": (Said(LINE, said),)}

    def _one(self, handle: str, number: str) -> Waiting | None:
        return next((one for one in self._found(handle) if str(one.number) == number), None)

    def _found(self, handle: str) -> Sequence[Waiting]:
        self.caller.actor(handle)
        with self.caller.reads() as db:
            work = Work(db, self.caller.vault, self.caller.country, now())
            return pairs.waiting(work, self.caller.serving(), self.caller.services.settings.is_demo)
