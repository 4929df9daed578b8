"""What the talks about meetings ask of the world; the rest stands in `flows.world`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.conversation import Answers, Row, SideEffectResult, Values


class MeetingsWorld(Protocol):
    """Meetings by their ids."""

    def announced(self) -> Sequence[Row]:
        """The meetings that are announced to everybody, as day and hour in digits."""
        ...

    def announcement(self, which: str) -> Values:
        """`meeting`: day, hour and place; of a women's circle the place only if she has said that she comes."""
        ...

    def offers(self, which: str) -> Values:
        """`offers`: what makes it possible to come, and what was promised there and is late (S75)."""
        ...

    def when(self, which: str) -> str:
        """before | after | both (what was decided can be read) | read (it is too late to say how it was) | gone."""
        ...

    def minutes(self, which: str) -> Values:
        """`minutes`: what was decided there, what was promised, whether worries were answered."""
        ...

    def subscription(self) -> Values:
        """`mine`: what is stored about the number that dials: zone, kinds of meetings, hours."""
        ...

    def promises(self) -> Values:
        """`promises`: what was promised and is not kept yet, the oldest first."""
        ...

    def has_promises(self) -> bool:
        """Whether there is a promise that is not kept yet."""
        ...

    def promises_of(self, which: str) -> Sequence[Row]:
        """The promises of the zone of a meeting that are not kept yet."""
        ...

    def agenda(self, handle: str) -> Sequence[Row]:
        """Her meetings; and a row `new` for a leader, who may call one, a row `close` for an advocate."""
        ...

    def stage(self, handle: str, which: str) -> str:
        """What she may do with it now: a way of the fork `stage` in flows/convene.py, or gone."""
        ...

    def planned(self, handle: str, which: str) -> Values:
        """`meeting`: where, when, its state, what speaks against it, how many come; afterwards how many came."""
        ...

    def preview(self, handle: str, which: str) -> Values:
        """`meeting` with what the SMS cost, and `count`: to how many people they go, in which languages."""
        ...

    def again(self, handle: str, which: str) -> Sequence[Row]:
        """The days on which it may be held again, as ISO dates."""
        ...

    def drafted(self, handle: str, which: str) -> Values:
        """`findings`: where and when the meeting of her SMS would be, and what speaks against it."""
        ...

    def draft(self, answers: Answers) -> Values:
        """`findings`: what speaks against a meeting that she is about to call."""
        ...

    def speaks_against(self, answers: Answers) -> bool:
        """Whether anything speaks against a meeting that she is about to call."""
        ...

    def worried(self, handle: str, which: str) -> bool:
        """Whether people wrote to her what they worry about."""
        ...

    def concerns(self, handle: str, which: str) -> Values:
        """`concerns`: what they wrote, for the women's organisation only."""
        ...

    def sent_heads(self, handle: str, which: str) -> str:
        """The count that she sent by SMS and has not confirmed, as `23 11 4 0`, or nothing."""
        ...

    def zones(self, handle: str) -> Sequence[Row]:
        """The served zones in which she works, those she uses most first."""
        ...

    def closing(self, handle: str) -> Sequence[Row]:
        """Her zones, those that are closed with a mark."""
        ...

    def venues(self, zone: str) -> Sequence[Row]:
        """The registered places of a zone, those she uses most first."""
        ...

    def women(self, answers: Answers) -> Sequence[Row]:
        """Women officers and partners of the chosen zone who can be asked to be there."""
        ...

    def women_for(self, which: str) -> Sequence[Row]:
        """The same for a meeting that was called, without the woman who was asked."""
        ...

    def listeners(self, answers: Answers) -> Sequence[Row]:
        """To whom a woman may turn at a meeting in the chosen zone."""
        ...

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        """Store place, kind, day and hour in case the talk is cut off: kept. Writes."""
        ...
