"""What flows may ask of meetings, put into words; a part of `bot.phone.world.World`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.delivery.prices import Quote, written
from bot.meetings import attendance, choices, drafts, queries, subscribers
from bot.meetings.choices import Somebody
from bot.meetings.labels import (
    COUNTING,
    KINDS,
    STATUS,
    WARNINGS,
    WHAT,
    WHEN,
    WHO,
    WHY,
    minutes_lines,
    offered,
    promise_line,
)
from bot.meetings.planner import exists, next_day
from bot.meetings.queries import AudienceQuote, MeetingView
from bot.meetings.steps import CONVENORS, Member, member
from bot.people import sign_in
from bot.phone import meeting_forms as forms
from bot.storage import switches
from bot.storage.outbox import now
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.unit_of_work import Work
from bot.words.dates import When

if TYPE_CHECKING:
    from bot.country.pack import Country
    from bot.people.roster import Staff
    from bot.storage.outbox import SessionFactory
    from bot.vault.vault import Vault


PLACED = _("meet.detail", "Meeting: {when}. Place: {place}.")
UNPLACED = _("meet.no_place", "Meeting: {when}.")
WOMEN_ONLY = _("meet.womenonly", "Women only.")
OFFICER = _("meet.woman", "A woman police officer will be there.")
COST = _("meet.cost", "{segments} SMS: {amount}.")
LEFT = _("meet.budget", "Left this month: {amount}.")
COMING = _("meet.coming", "They come: {count}.")
NOT_THERE = _("meet.not_there", "We do not keep your number.")
YOURS = _("meet.yours", "SMS about meetings in {place}.")
ALL_KINDS = _("meet.all_kinds", "All meetings")
NOTHING = _("report.wish.none", "Nothing")
GOOD = _("plan.good", "Everything is well.")
CLOSE = _("switch.zone", "Close or open a zone")
NEW_MEETING = _("leader.new", "New meeting")
NO_CONCERNS = _("concern.none", "Nobody wrote anything.")
NO_PROMISES = _("promise.none", "Nothing is promised now.")
GONE = _("meet.none", "There is no meeting now.")
CHANGED = _("meet.changed", "It has changed meanwhile. Look again.")
COUNT = _("leader.count", "{who}: {count}.")


class MeetingsWorld:
    """For one caller, during one request."""

    if TYPE_CHECKING:
        reads: SessionFactory
        sessions: SessionFactory
        country: Country
        vault: Vault
        phone: str
        staff: Staff
        quote: Callable[[Session, Meeting, Mapping[str, int]], Quote]

        @property
        def person(self) -> Person | None: ...
        def _holder(self, handle: str) -> Person: ...

    def _work(self, db: Session) -> Work:
        return Work(db, self.vault, self.country, now())

    def _she(self, handle: str) -> Member:
        return member(self._holder(handle))

    # -- for everybody ---------------------------------------------------------------------------------------------
    def meetings(self) -> Sequence[Row]:
        """What was announced, as a number of the calendar that reads the same in every language."""
        if "talk:meetings" in self.staff.off:
            return []
        with self.reads() as db:
            return [Row(one.id, digits(one.starts)) for one in queries.announced(self._work(db))]

    def meeting(self, which: str) -> Values:
        """Day, hour and place; of a women's circle the place is read by who has said that she comes."""
        with self.reads() as db:
            found = queries.announcement(self._work(db), which, self.phone)
        if found is None:
            return {"meeting": (GONE,)}
        lines: list[Msg] = [Said(PLACED if found.place else UNPLACED, placed(found.starts, found.place or ""))]
        lines += [WOMEN_ONLY] * found.women_only + [OFFICER] * found.woman_officer
        return {"meeting": tuple(lines)}

    def subscription(self) -> Values:
        """What is kept of the number that dials: where, which kinds, when."""
        with self.reads() as db:
            found = queries.subscription(self._work(db), self.phone)
        if found is None:
            return {"mine": (NOT_THERE,)}
        where = Said(YOURS, {"place": self.country.places[found.zone].name})
        kinds = [KINDS[kind] for kind in found.kinds] or [ALL_KINDS]
        return {"mine": (where, *kinds, *([WHEN[found.hours]] if found.hours else []))}

    def offers(self, which: str) -> Values:
        """What there is besides place and hour, and what was promised there and is late (S75)."""
        with self.reads() as db:
            found = queries.announcement(self._work(db), which)
        if found is None:
            return {"offers": (GONE,)}
        return {"offers": (*offered(found), *(promise_line(one) for one in found.late_promises)) or (NOTHING,)}

    def promises(self) -> Values:
        """What was promised and is not kept yet, the oldest first: a late one says so."""
        with self.reads() as db:
            found = queries.open_promises(self._work(db))
        return {"promises": tuple(promise_line(one) for one in found) or (NO_PROMISES,)}

    def has_promises(self) -> bool:
        """Whether anything is promised and not kept yet."""
        with self.reads() as db:
            return bool(queries.open_promises(self._work(db)))

    def promises_of(self, which: str) -> Sequence[Row]:
        """The same for the zone of a meeting, to say that one was kept."""
        with self.reads() as db:
            work = self._work(db)
            return [Row(one.id, WHAT[one.what]) for one in queries.open_promises(work, choices.zone_of(work, which))]

    def when(self, which: str) -> str:
        """before | after | both (what was decided can be read) | read (it is too late to say how it was) | gone."""
        with self.reads() as db:
            return queries.moment(self._work(db), which)

    def minutes(self, which: str) -> Values:
        """What was decided there, what was promised, whether worries were answered."""
        with self.reads() as db:
            found = queries.minutes(self._work(db), which)
        return {"minutes": minutes_lines(found) if found else (GONE,)}

    # -- for those who work for them -------------------------------------------------------------------------------
    def desk(self) -> str:
        """Where the tasks of the one who dials are: reports | meetings | both."""
        if self.person is None:
            return "reports"
        if self.person.role in CONVENORS:
            return "meetings"
        with self.reads() as db:
            return "both" if queries.is_asked(self._work(db), member(self.person)) else "reports"

    def agenda(self, handle: str) -> Sequence[Row]:
        """The meetings she has to do with; for a leader, a new one first."""
        she = self._she(handle)
        with self.reads() as db:
            rows = [Row(one.id, digits(one.starts)) for one in queries.agenda(self._work(db), she)]
        if she.role == "leader":
            return [Row("new", NEW_MEETING), *rows]
        return [*rows, Row("close", CLOSE)] if she.role == "advocate" else rows

    def stage(self, handle: str, which: str) -> str:
        """What she may do with it now, or `gone`."""
        with self.reads() as db:
            step = queries.next_step(self._work(db), self._she(handle), which)
        return step.value if step else "gone"

    def planned(self, handle: str, which: str) -> Values:
        """Where, when, how it stands, what speaks against it, how many said that they come; then who came."""
        with self.reads() as db:
            found = queries.view(self._work(db), self._she(handle), which)
        return {"meeting": view_lines(found, self.country.clock(now())) if found else (CHANGED,)}

    def again(self, handle: str, which: str) -> Sequence[Row]:
        """The days on which it may be held again."""
        with self.reads() as db:
            days = queries.days_to_repeat(self._work(db), self._she(handle), which)
        return [Row(day.isoformat(), f"{day.day}/{day.month}") for day in days]

    def drafted(self, handle: str, which: str) -> Values:
        """Where and when the meeting of her SMS would be, and what speaks against it."""
        with self.reads() as db:
            found = queries.view(self._work(db), self._she(handle), which)
        if found is None:
            return {"findings": (CHANGED,)}
        against = [WARNINGS[one.rule] for one in found.findings if one.rule != queries.NO_WOMAN]
        return {"findings": (Said(PLACED, placed(found.starts, found.place)), *(against or (GOOD,)))}

    def worried(self, handle: str, which: str) -> bool:
        """Whether people wrote to her."""
        with self.reads() as db:
            return queries.has_concerns(self._work(db), self._she(handle), which)

    def sent_heads(self, handle: str, which: str) -> str:
        """The count that she sent by SMS and has not confirmed, or nothing."""
        she = self._she(handle)
        with self.reads() as db:
            return forms.typed(attendance.drafted_heads(db, which, she.role))

    def concerns(self, handle: str, which: str) -> Values:
        """What people wrote for her about a meeting, for the women's side only."""
        person = self._holder(handle)
        with self.reads() as db:
            found = subscribers.concerns(db, which, person.id, self.vault.private(person.id, handle))
        return {"concerns": tuple(found) or (NO_CONCERNS,)}

    def preview(self, handle: str, which: str) -> Values:
        """To how many people it goes, in which languages, what it costs at most and what the month still holds."""
        with self.reads() as db:
            quote = queries.audience_quote(self._work(db), self._she(handle), which, self.quote)
        planned = self.planned(handle, which)
        if quote is None:
            return {**planned, "count": "0"}
        parts = ", ".join(f"{language} {quote.people[language]}" for language in sorted(quote.people))
        total, lines = sum(quote.people.values()), (*planned["meeting"], *self._costs(quote))
        return {**planned, "meeting": lines, "count": f"{total} ({parts})" if parts else str(total)}

    def _costs(self, quote: AudienceQuote) -> list[Msg]:
        """Nothing where no price is known."""
        if not quote.millionths:
            return []
        amount = written(self.country, quote.millionths)
        said: list[Msg] = [Said(COST, {"segments": str(quote.segments), "amount": amount})]
        return said + ([] if quote.left is None else [Said(LEFT, {"amount": written(self.country, quote.left)})])

    def draft(self, answers: Answers) -> Values:
        """What speaks against a meeting that is about to be called; whoever is asked has not said yes yet."""
        return {"findings": tuple(self._against(answers)) or (GOOD,)}

    def speaks_against(self, answers: Answers) -> bool:
        """Whether anything does."""
        return bool(self._against(answers))

    def _against(self, answers: Answers) -> list[Msg]:
        with self.reads() as db:
            new = forms.asked_for(self._work(db), self._leader(), answers)
            if new is None:  # what she had begun is gone: she reads so when she calls it
                return []
            return [WARNINGS[one.rule] for one in queries.speaks_against(self._work(db), new)]

    def _leader(self) -> str:
        return self.person.id if self.person else ""

    def closing(self, handle: str) -> Sequence[Row]:
        """Her zones, and which of them are closed."""
        with self.reads() as db:
            closed = switches.off(db)
        rows = self.my_zones(handle)
        return [Row(z.value, f"{z.label}: 0" if f"zone:{z.value}" in closed else z.label) for z in rows]

    def my_zones(self, handle: str) -> Sequence[Row]:
        """The served zones in which she works, those that she uses most first."""
        with self.reads() as db:
            return [Row(zone.code, zone.name) for zone in choices.zones(self._work(db), self._she(handle))]

    def venues(self, zone: str) -> Sequence[Row]:
        """The registered places of a zone, those that she uses most first."""
        with self.reads() as db:
            return [Row(venue.ref, venue.name) for venue in choices.venues(self._work(db), self._leader(), zone)]

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        """Place, kind, day and hour, for a talk that is cut off: kept."""
        person = self._holder(answers["pin_handle"])
        with self.sessions.begin() as db:
            work = self._work(db)
            drafts.keep_unfinished(work, sign_in.resume(work, person.id, answers["pin_handle"]), forms.begun(answers))
        return SideEffectResult("kept")

    def women(self, answers: Answers) -> Sequence[Row]:
        """Women who can be asked to be there: officers and partners of the zone, by unit and reference."""
        with self.reads() as db:
            work = self._work(db)
            return known_as(choices.women_to_ask(work, zone_of(work, answers)))

    def listeners(self, answers: Answers) -> Sequence[Row]:
        """Women's advocates and counsellors of a zone, to whom a woman may turn at a meeting."""
        with self.reads() as db:
            work = self._work(db)
            return known_as(choices.listeners(work, zone_of(work, answers)))

    def women_for(self, which: str) -> Sequence[Row]:
        """The same for a meeting, without the one who was asked."""
        with self.reads() as db:
            return known_as(choices.other_women(self._work(db), which))

    def day(self, text: str) -> SideEffectResult:
        """The coming day of a date like 12/3, or 1203 where a phone has no stroke: day | wrong | past."""
        typed = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text.strip())
        found = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})|(\d\d)(\d\d)", typed)
        if not found:
            return SideEffectResult("wrong")
        day, month = (int(part) for part in found.groups() if part)
        coming = next_day(day, month, self.country.clock(now()))
        if coming is None:
            return SideEffectResult("past" if exists(day, month) else "wrong")
        return SideEffectResult("day", coming.date().isoformat())

    def spoken(self, day: str, hour: str) -> Values:
        """Day and hour, in words and digits."""
        hours, minutes = hour.split(":")
        date = datetime.fromisoformat(day).date()
        return {"spoken_time": When(datetime.combine(date, time(int(hours), int(minutes))))}


def zone_of(work: Work, answers: Answers) -> str:
    """The zone that she has chosen, now or before she was cut off."""
    return answers["zone"] if "zone" in answers else choices.zone_of(work, answers["which"])


def known_as(people: Iterable[Somebody]) -> list[Row]:
    """Her unit and her reference: no name is kept."""
    return [Row(one.id, f"{one.unit} {one.ref}" if one.unit else one.ref) for one in people]


def digits(starts: datetime) -> str:
    """Day and hour as a number of the calendar."""
    return f"{starts.day}/{starts.month} {starts.hour}:{starts.minute:02d}"


def placed(starts: datetime, place: str) -> Values:
    """When and where, for a text."""
    return {"when": When(starts), "place": place}


def view_lines(meeting: MeetingView, now: datetime) -> tuple[Msg, ...]:
    """A meeting in lines, for those who have to do with it."""
    lines: list[Msg] = [Said(PLACED, placed(meeting.starts, meeting.place))]
    if now < meeting.starts:
        lines += [STATUS[meeting.status], *(WARNINGS[finding.rule] for finding in meeting.findings)]
    lines += [WHY[meeting.reason]] if meeting.findings and meeting.reason else []
    if meeting.status == MeetingStatus.RELEASED:
        count = f"< {subscribers.FEW}" if meeting.coming is None else str(meeting.coming)
        lines += [Said(COMING, {"count": count})]
    for side, heads in meeting.counts.items():
        count = f"{heads.women} {heads.men} {heads.girls} {heads.boys}"
        lines += [Said(COUNT, {"who": WHO[COUNTING[side]], "count": count})]
    return tuple(lines)
