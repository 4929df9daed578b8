"""What flows may ask about meetings; a part of `bot.world.Facts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.delivery.prices import Quote, written
from bot.meetings import attendance, drafts, lifecycle, minutes, steps, subscribers
from bot.meetings.labels import COUNTING, KINDS, STATUS, WHAT, WHEN, WHO, WHY, offered
from bot.meetings.planner import exists, findings, next_day, series
from bot.meetings.plans import plan_of
from bot.meetings.promises import open_promises, promise_text
from bot.phone import meeting_forms as forms
from bot.storage import switches
from bot.storage.outbox import now
from bot.storage.tables.meetings import Meeting, MeetingStatus, Subscriber
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

    # -- for everybody ---------------------------------------------------------------------------------------------
    def meetings(self) -> Sequence[Row]:
        """What was announced, as a number of the calendar that reads the same in every language."""
        if "talk:meetings" in self.staff.off:
            return []
        with self.reads() as db:
            return [Row(m.id, self._digits(m)) for m in subscribers.public(db, self.country, now())]

    def meeting(self, which: str) -> Values:
        """Day, hour and place; of a women's circle the place is read by who has said that she comes."""
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
            placed = not meeting.women_only or subscribers.said_yes(db, self.vault, which, self.phone)
        lines: list[Msg] = [Said(PLACED if placed else UNPLACED, self._placed(meeting))]
        lines += [WOMEN_ONLY] * meeting.women_only + [OFFICER] * (meeting.woman_says == "yes")
        return {"meeting": tuple(lines)}

    def subscription(self) -> Values:
        """What is kept of the number that dials: where, which kinds, when."""
        with self.reads() as db:
            row = subscribers.known(db, self.vault, self.phone)
        if row is None:
            return {"mine": (NOT_THERE,)}
        kinds = [KINDS[kind] for kind in row.kinds.split(",") if kind]
        lines: list[Msg] = [Said(YOURS, {"place": self.country.places[row.zone].name}), *(kinds or [ALL_KINDS])]
        return {"mine": (*lines, *([WHEN[row.hours]] if row.hours else []))}

    def offers(self, which: str) -> Values:
        """What there is besides place and hour, and what was promised there and is late (S75)."""
        today = self.country.clock(now()).date()
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
            late = [one for one in open_promises(db, meeting.zone) if date.fromisoformat(one.due) < today]
        return {
            "offers": (
                *offered(meeting, self.country.venues[meeting.venue].step_free),
                *(promise_text(one, self.country, today) for one in late),
            )
            or (NOTHING,)
        }

    def promises(self) -> Values:
        """What was promised and is not kept yet, the oldest first: a late one says so."""
        today = self.country.clock(now()).date()
        with self.reads() as db:
            found = open_promises(db)
        return {"promises": tuple(promise_text(promise, self.country, today) for promise in found) or (NO_PROMISES,)}

    def has_promises(self) -> bool:
        """Whether anything is promised and not kept yet."""
        with self.reads() as db:
            return bool(open_promises(db))

    def promises_of(self, which: str) -> Sequence[Row]:
        """The same for the zone of a meeting, to say that one was kept."""
        with self.reads() as db:
            found = open_promises(db, db.get_one(Meeting, which).zone)
        return [Row(promise.id, WHAT[promise.what]) for promise in found]

    def when(self, which: str) -> str:
        """before | after | both (what was decided can be read) | read (it is too late to say how it was) | gone."""
        with self.reads() as db:
            found = [m for m in subscribers.public(db, self.country, now()) if m.id == which]
        if not found or now() < found[0].starts:
            return "before" if found else "gone"
        if now() >= found[0].ends + subscribers.RSVP_LIFE_S:
            return "read"
        return "after" if found[0].decided is None else "both"

    def minutes(self, which: str) -> Values:
        """What was decided there, what was promised, whether worries were answered."""
        with self.reads() as db:
            today = self.country.clock(now()).date()
            return {"minutes": minutes.minutes_text(db, self.country, db.get_one(Meeting, which), today)}

    # -- for those who work for them -------------------------------------------------------------------------------
    def desk(self) -> str:
        """Where the tasks of the one who dials are: reports | meetings | both."""
        if self.person is None:
            return "reports"
        if self.person.role in steps.CONVENORS:
            return "meetings"
        hers = (Meeting.woman == self.person.id) | (Meeting.contact == self.person.id)
        with self.reads() as db:
            found = db.scalars(select(Meeting).where(hers, Meeting.status.in_(steps.UPCOMING)))
            asked = any(
                steps.allowed_step(steps.member(self.person), meeting, self.country, now()) for meeting in found
            )
        return "both" if asked else "reports"

    def agenda(self, handle: str) -> Sequence[Row]:
        """The meetings she has to do with; for a leader, a new one first."""
        person = self._holder(handle)
        with self.reads() as db:
            rows = [Row(m.id, self._digits(m)) for m in steps.agenda(db, steps.member(person), self.country, now())]
        mine = {"leader": [Row("new", NEW_MEETING)], "advocate": [Row("close", CLOSE)]}
        return [*mine.get(person.role, []), *rows] if person.role == "leader" else [*rows, *mine.get(person.role, [])]

    def stage(self, handle: str, which: str) -> str:
        """What she may do with it now, or `gone`."""
        with self.reads() as db:
            meeting = db.get(Meeting, which)
        she = steps.member(self._holder(handle))
        step = steps.allowed_step(she, meeting, self.country, now()) if meeting else None
        return step.value if step else "gone"

    def planned(self, handle: str, which: str) -> Values:
        """Where, when, how it stands, what speaks against it, how many said that they come; then who came."""
        self._holder(handle)
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
            found = findings(plan_of(db, self.country, meeting, now())) if now() < meeting.starts else ()
            people, counts = subscribers.coming(db, which), attendance.counts(db, which)
        lines: list[Msg] = [Said(PLACED, self._placed(meeting))]
        lines += [STATUS[meeting.status], *(finding.says for finding in found)] if now() < meeting.starts else []
        lines += [WHY[meeting.reason]] if found and meeting.reason else []
        lines += [Said(COMING, {"count": people})] if meeting.status == MeetingStatus.RELEASED else []
        lines += [
            Said(COUNT, {"who": WHO[COUNTING[side]], "count": f"{h.women} {h.men} {h.girls} {h.boys}"})
            for side, h in counts.items()
        ]
        return {"meeting": tuple(lines)}

    def again(self, handle: str, which: str) -> Sequence[Row]:
        """The days on which it may be held again."""
        self._holder(handle)
        with self.reads() as db:
            starts = self.country.clock(db.get_one(Meeting, which).starts).date()
        return [Row(d.isoformat(), f"{d.day}/{d.month}") for d in series(starts, self.country.clock(now()).date())]

    def drafted(self, handle: str, which: str) -> Values:
        """Where and when the meeting of her SMS would be, and what speaks against it."""
        self._holder(handle)
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
            found = findings(plan_of(db, self.country, meeting, now()))
        against = [finding.says for finding in found if finding.rule != "no woman"]
        return {"findings": (Said(PLACED, self._placed(meeting)), *(against or (GOOD,)))}

    def worried(self, handle: str, which: str) -> bool:
        """Whether people wrote to her."""
        with self.reads() as db:
            return minutes.worried(db, which, self._holder(handle).id)

    def sent_heads(self, handle: str, which: str) -> str:
        """The count that she sent by SMS and has not confirmed, or nothing."""
        person = self._holder(handle)
        with self.reads() as db:
            return forms.typed(attendance.drafted_heads(db, which, person.role))

    def concerns(self, handle: str, which: str) -> Values:
        """What people wrote for her about a meeting, for the women's side only."""
        person = self._holder(handle)
        with self.reads() as db:
            found = subscribers.concerns(db, which, person.id, self.vault.private(person.id, handle))
        return {"concerns": tuple(found) or (NO_CONCERNS,)}

    def preview(self, handle: str, which: str) -> Values:
        """To how many people it goes, in which languages, what it costs at most and what the month still holds."""
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
            each = select(Subscriber.language, func.count()).where(*subscribers.audience(self.country, meeting, now()))
            people = {language: count for language, count in db.execute(each.group_by(Subscriber.language))}
            quote = self.quote(db, meeting, people)
        parts = ", ".join(f"{language} {people[language]}" for language in sorted(people))
        total, planned = sum(people.values()), self.planned(handle, which)
        lines = (*planned["meeting"], *self._costs(quote))
        return {**planned, "meeting": lines, "count": f"{total} ({parts})" if parts else str(total)}

    def _costs(self, quote: Quote) -> list[Msg]:
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
            work = Work(db, self.vault, self.country, now())
            new = forms.asked_for(work, self.person.id if self.person else "", answers)
            if new is None:  # what she had begun is gone: she reads so when she calls it
                return []
            plan = plan_of(db, self.country, lifecycle.planned_meeting(new, "", self.country), now())
            return [finding.says for finding in findings(plan) if finding.rule != "no woman"]

    def closing(self, handle: str) -> Sequence[Row]:
        """Her zones, and which of them are closed."""
        with self.reads() as db:
            closed = switches.off(db)
        rows = self.my_zones(handle)
        return [Row(z.value, f"{z.label}: 0" if f"zone:{z.value}" in closed else z.label) for z in rows]

    def my_zones(self, handle: str) -> Sequence[Row]:
        """The served zones in which she works."""
        mine = set(self._holder(handle).zones.split(","))
        near = [z for z in self.country.served if not mine.isdisjoint({p.code for p in self.country.way_up(z.code)})]
        often = self._often(Meeting.zone)
        return [Row(zone.code, zone.name) for zone in sorted(near, key=lambda zone: -often.get(zone.code, 0))]

    def _often(self, what: InstrumentedAttribute[str]) -> dict[str, int]:
        """How often she has called one there: what she uses most stands first."""
        mine = select(what, func.count()).where(Meeting.leader == (self.person.id if self.person else ""))
        with self.reads() as db:
            return {place: times for place, times in db.execute(mine.group_by(what))}

    def venues(self, zone: str) -> Sequence[Row]:
        """The registered places of a zone, those that she uses most first."""
        often, there = self._often(Meeting.venue), [v for v in self.country.venues.values() if v.zone == zone]
        return [Row(v.ref, v.name) for v in sorted(there, key=lambda venue: -often.get(venue.ref, 0))]

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        """Place, kind, day and hour, for a talk that is cut off: kept."""
        person = self._holder(answers["pin_handle"])
        with self.sessions.begin() as db:
            work = Work(db, self.vault, self.country, now())
            drafts.keep_unfinished(work, person.id, forms.begun(answers))
        return SideEffectResult("kept")

    def _zone(self, answers: Answers) -> str:
        """The zone that she has chosen, now or before she was cut off."""
        if "zone" in answers:
            return answers["zone"]
        with self.reads() as db:
            return db.get_one(Meeting, answers["which"]).zone

    def women(self, answers: Answers) -> Sequence[Row]:
        """Women who can be asked to be there: officers and partners of the zone, by unit and reference."""
        return self._women(self._zone(answers))

    def _women(self, zone: str) -> Sequence[Row]:
        around = {place.code for place in self.country.way_up(zone)}
        serve = select(Person).where(Person.sex == "f", Person.active, Person.role.in_(("champion", "partner")))
        with self.reads() as db:
            people = db.scalars(serve.order_by(Person.role, Person.ref)).all()
        near = [person for person in people if not around.isdisjoint(person.zones.split(",")) and person.public_key]
        return [Row(person.id, self._known_as(person)) for person in near if person.kind != "shelter"]

    def listeners(self, answers: Answers) -> Sequence[Row]:
        """Women's advocates and counsellors of a zone, to whom a woman may turn at a meeting."""
        around = {place.code for place in self.country.way_up(self._zone(answers))}
        serve = (Person.role == "advocate") | ((Person.role == "partner") & (Person.kind == "talk"))
        with self.reads() as db:
            people = db.scalars(
                select(Person).where(serve, Person.active, Person.sex == "f").order_by(Person.ref)
            ).all()
        return [Row(p.id, self._known_as(p)) for p in people if not around.isdisjoint(p.zones.split(","))]

    def _known_as(self, person: Person) -> str:
        """Her unit and her reference: no name is kept."""
        unit = self.country.units.get(person.unit)
        return f"{unit.name} {person.ref}" if unit else person.ref

    def women_for(self, which: str) -> Sequence[Row]:
        """The same for a meeting, without the one who was asked."""
        with self.reads() as db:
            meeting = db.get_one(Meeting, which)
        return [row for row in self._women(meeting.zone) if row.value != meeting.woman]

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

    def _placed(self, meeting: Meeting) -> Values:
        """When and where, for a text."""
        starts = When(self.country.clock(meeting.starts))
        return {"when": starts, "place": self.country.venues[meeting.venue].name}

    def _digits(self, meeting: Meeting) -> str:
        starts = self.country.clock(meeting.starts)
        return f"{starts.day}/{starts.month} {starts.hour}:{starts.minute:02d}"
