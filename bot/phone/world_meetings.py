"""What flows may ask of meetings, put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.actions.meetings import CallMeeting
from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.delivery import prices
from bot.delivery.prices import Quote, written
from bot.meetings import attendance, drafts, lifecycle, minutes, subscribers
from bot.meetings.labels import KINDS, SIDES, STATUS, WHAT, WHEN, WHO, WHY, offered
from bot.meetings.notices import render_sms
from bot.meetings.planner import findings, series
from bot.meetings.promises import open_promises, promise_text
from bot.phone.caller import CallerContext
from bot.storage import switches
from bot.storage.outbox import now
from bot.storage.tables.meetings import Attendance, Meeting, MeetingStatus, Subscriber
from bot.storage.tables.people import Person

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


@dataclass
class MeetingsWorld:
    """For one caller, during one request. `flows.world.MeetingsWorld` says what each question gives."""

    caller: CallerContext

    # -- for everybody ---------------------------------------------------------------------------------------------
    def announced(self) -> Sequence[Row]:
        """What was announced, as a number of the calendar that reads the same in every language."""
        if "talk:meetings" in self.caller.staff.off:
            return []
        with self.caller.reads() as db:
            return [Row(m.id, self._digits(m)) for m in subscribers.public(db, self.caller.country, now())]

    def announcement(self, which: str) -> Values:
        """Day, hour and place; of a women's circle the place is read by who has said that she comes."""
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
            placed = not meeting.women_only or subscribers.comes(db, self.caller.vault, which, self.caller.phone)
        lines: list[Msg] = [Said(PLACED if placed else UNPLACED, subscribers.shown(self.caller.country, meeting))]
        lines += [WOMEN_ONLY] * meeting.women_only + [OFFICER] * (meeting.woman_says == "yes")
        return {"meeting": tuple(lines)}

    def subscription(self) -> Values:
        """What is kept of the number that dials: where, which kinds, when."""
        with self.caller.reads() as db:
            row = subscribers.known(db, self.caller.vault, self.caller.phone)
        if row is None:
            return {"mine": (NOT_THERE,)}
        kinds = [KINDS[kind] for kind in row.kinds.split(",") if kind]
        lines: list[Msg] = [Said(YOURS, {"place": self.caller.country.places[row.zone].name}), *(kinds or [ALL_KINDS])]
        return {"mine": (*lines, *([WHEN[row.hours]] if row.hours else []))}

    def offers(self, which: str) -> Values:
        """What there is besides place and hour, and what was promised there and is late (S75)."""
        today = self.caller.local.date()
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
            late = [one for one in open_promises(db, meeting.zone) if date.fromisoformat(one.due) < today]
        return {
            "offers": (
                *offered(meeting, self.caller.country.venues[meeting.venue].step_free),
                *(promise_text(one, self.caller.country, today) for one in late),
            )
            or (NOTHING,)
        }

    def promises(self) -> Values:
        """What was promised and is not kept yet, the oldest first: a late one says so."""
        today = self.caller.local.date()
        with self.caller.reads() as db:
            found = open_promises(db)
        return {
            "promises": tuple(promise_text(promise, self.caller.country, today) for promise in found) or (NO_PROMISES,)
        }

    def has_promises(self) -> bool:
        """Whether anything is promised and not kept yet."""
        with self.caller.reads() as db:
            return bool(open_promises(db))

    def promises_of(self, which: str) -> Sequence[Row]:
        """The same for the zone of a meeting, to say that one was kept."""
        with self.caller.reads() as db:
            found = open_promises(db, db.get_one(Meeting, which).zone)
        return [Row(promise.id, WHAT[promise.what]) for promise in found]

    def when(self, which: str) -> str:
        """before | after | both (what was decided can be read) | read (it is too late to say how it was) | gone."""
        with self.caller.reads() as db:
            found = [m for m in subscribers.public(db, self.caller.country, now()) if m.id == which]
        if not found or now() < found[0].starts:
            return "before" if found else "gone"
        if now() >= found[0].ends + subscribers.RSVP_LIFE_S:
            return "read"
        return "after" if found[0].decided is None else "both"

    def minutes(self, which: str) -> Values:
        """What was decided there, what was promised, whether worries were answered."""
        with self.caller.reads() as db:
            today = self.caller.local.date()
            return {"minutes": minutes.minutes_text(db, self.caller.country, db.get_one(Meeting, which), today)}

    # -- for those who work for them -------------------------------------------------------------------------------
    def agenda(self, handle: str) -> Sequence[Row]:
        """The meetings she has to do with; for a leader, a new one first."""
        person = self.caller.holder(handle)
        with self.caller.reads() as db:
            rows = [Row(m.id, self._digits(m)) for m in lifecycle.agenda(db, person, self.caller.country, now())]
        mine = {"leader": [Row("new", NEW_MEETING)], "advocate": [Row("close", CLOSE)]}
        return [*mine.get(person.role, []), *rows] if person.role == "leader" else [*rows, *mine.get(person.role, [])]

    def stage(self, handle: str, which: str) -> str:
        """What she may do with it now, or `gone`."""
        with self.caller.reads() as db:
            meeting = db.get(Meeting, which)
        return (
            lifecycle.allowed_step(self.caller.holder(handle), meeting, self.caller.country, now()) if meeting else ""
        ) or "gone"

    def planned(self, handle: str, which: str) -> Values:
        """Where, when, how it stands, what speaks against it, how many said that they come; then who came."""
        self.caller.holder(handle)
        return {"meeting": tuple(self._planned(which))}

    def _planned(self, which: str) -> list[Msg]:
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
            ahead = now() < meeting.starts
            found = findings(lifecycle.plan_of(db, self.caller.country, meeting, now())) if ahead else ()
            people, counts = subscribers.coming(db, which), attendance.counts(db, which)
        lines: list[Msg] = [Said(PLACED, subscribers.shown(self.caller.country, meeting))]
        lines += [STATUS[meeting.status], *(finding.says for finding in found)] if ahead else []
        lines += [WHY[meeting.reason]] if found and meeting.reason else []
        lines += [Said(COMING, {"count": people})] if meeting.status == MeetingStatus.RELEASED else []
        lines += [Said(COUNT, {"who": WHO[SIDES[side]], "count": heads}) for side, heads in counts.items()]
        return lines

    def again(self, handle: str, which: str) -> Sequence[Row]:
        """The days on which it may be held again."""
        self.caller.holder(handle)
        with self.caller.reads() as db:
            starts = self.caller.country.clock(db.get_one(Meeting, which).starts).date()
        return [Row(d.isoformat(), f"{d.day}/{d.month}") for d in series(starts, self.caller.local.date())]

    def drafted(self, handle: str, which: str) -> Values:
        """Where and when the meeting of her SMS would be, and what speaks against it."""
        self.caller.holder(handle)
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
            found = findings(lifecycle.plan_of(db, self.caller.country, meeting, now()))
        against = [finding.says for finding in found if finding.rule != "no woman"]
        return {"findings": (Said(PLACED, subscribers.shown(self.caller.country, meeting)), *(against or (GOOD,)))}

    def worried(self, handle: str, which: str) -> bool:
        """Whether people wrote to her."""
        with self.caller.reads() as db:
            return minutes.worried(db, which, self.caller.holder(handle).id)

    def sent_heads(self, handle: str, which: str) -> str:
        """The count that she sent by SMS and has not confirmed, or nothing."""
        side = attendance.side_of(self.caller.holder(handle))
        with self.caller.reads() as db:
            sent = db.get(Attendance, (which, side + attendance.DRAFT))
            return attendance.heads_of(sent) if sent else ""

    def concerns(self, handle: str, which: str) -> Values:
        """What people wrote for her about a meeting, for the women's side only."""
        person = self.caller.holder(handle)
        with self.caller.reads() as db:
            found = subscribers.concerns(db, which, person.id, self.caller.vault.private(person.id, handle))
        return {"concerns": tuple(found) or (NO_CONCERNS,)}

    def preview(self, handle: str, which: str) -> Values:
        """To how many people it goes, in which languages, what it costs at most and what the month still holds."""
        self.caller.holder(handle)
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
            each = select(Subscriber.language, func.count()).where(
                *subscribers.audience(self.caller.country, meeting, now())
            )
            people = {language: count for language, count in db.execute(each.group_by(Subscriber.language))}
            quote = self._quote(db, meeting, people)
        parts = ", ".join(f"{language} {people[language]}" for language in sorted(people))
        total, lines = sum(people.values()), (*self._planned(which), *self._costs(quote))
        return {"meeting": lines, "count": f"{total} ({parts})" if parts else str(total)}

    def _quote(self, db: Session, meeting: Meeting, people: Mapping[str, int]) -> Quote:
        """What it costs to tell so many people of each language."""
        services, land = self.caller.services, self.caller.country
        code = services.settings.service_code
        texts = {language: render_sms(services.words, land, code, meeting, "new", language) for language in people}
        return prices.quote(db, services, people, texts, now())

    def _costs(self, quote: Quote) -> list[Msg]:
        """Nothing where no price is known."""
        if not quote.millionths:
            return []
        amount = written(self.caller.country, quote.millionths)
        said: list[Msg] = [Said(COST, {"segments": str(quote.segments), "amount": amount})]
        return said + ([] if quote.left is None else [Said(LEFT, {"amount": written(self.caller.country, quote.left)})])

    def draft(self, answers: Answers) -> Values:
        """What speaks against a meeting that is about to be called; whoever is asked has not said yes yet."""
        return {"findings": tuple(self._against(answers)) or (GOOD,)}

    def speaks_against(self, answers: Answers) -> bool:
        """Whether anything does."""
        return bool(self._against(answers))

    def _against(self, answers: Answers) -> list[Msg]:
        names = set(CallMeeting.__dataclass_fields__)
        effect = CallMeeting(**{name: answer for name, answer in answers.items() if name in names})
        with self.caller.reads() as db:
            whole = drafts.resumed(db, effect, self.caller.person.id if self.caller.person else "", self.caller.country)
            meeting = lifecycle.draft(whole, "", self.caller.country)
            plan = lifecycle.plan_of(db, self.caller.country, meeting, now())
            return [finding.says for finding in findings(plan) if finding.rule != "no woman"]

    def closing(self, handle: str) -> Sequence[Row]:
        """Her zones, and which of them are closed."""
        with self.caller.reads() as db:
            closed = switches.off(db)
        rows = self.zones(handle)
        return [Row(z.value, f"{z.label}: 0" if f"zone:{z.value}" in closed else z.label) for z in rows]

    def zones(self, handle: str) -> Sequence[Row]:
        """The served zones in which she works."""
        mine = set(self.caller.holder(handle).zones.split(","))
        near = [
            z
            for z in self.caller.country.served
            if not mine.isdisjoint({p.code for p in self.caller.country.way_up(z.code)})
        ]
        often = self._often(Meeting.zone)
        return [Row(zone.code, zone.name) for zone in sorted(near, key=lambda zone: -often.get(zone.code, 0))]

    def _often(self, what: InstrumentedAttribute[str]) -> dict[str, int]:
        """How often she has called one there: what she uses most stands first."""
        mine = select(what, func.count()).where(Meeting.leader == (self.caller.person.id if self.caller.person else ""))
        with self.caller.reads() as db:
            return {place: times for place, times in db.execute(mine.group_by(what))}

    def venues(self, zone: str) -> Sequence[Row]:
        """The registered places of a zone, those that she uses most first."""
        often, there = self._often(Meeting.venue), [v for v in self.caller.country.venues.values() if v.zone == zone]
        return [Row(v.ref, v.name) for v in sorted(there, key=lambda venue: -often.get(venue.ref, 0))]

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        """Place, kind, day and hour, for a talk that is cut off: kept."""
        person = self.caller.holder(answers["pin_handle"])
        with self.caller.sessions.begin() as db:
            drafts.keep_unfinished(db, answers, person.id, self.caller.country)
        return SideEffectResult("kept")

    def _zone(self, answers: Answers) -> str:
        """The zone that she has chosen, now or before she was cut off."""
        if "zone" in answers:
            return answers["zone"]
        with self.caller.reads() as db:
            return db.get_one(Meeting, answers["which"]).zone

    def women(self, answers: Answers) -> Sequence[Row]:
        """Women who can be asked to be there: officers and partners of the zone, by unit and reference."""
        return self._women(self._zone(answers))

    def _women(self, zone: str) -> Sequence[Row]:
        around = {place.code for place in self.caller.country.way_up(zone)}
        serve = select(Person).where(Person.sex == "f", Person.active, Person.role.in_(("champion", "partner")))
        with self.caller.reads() as db:
            people = db.scalars(serve.order_by(Person.role, Person.ref)).all()
        near = [person for person in people if not around.isdisjoint(person.zones.split(",")) and person.public_key]
        return [Row(person.id, self._known_as(person)) for person in near if person.kind != "shelter"]

    def listeners(self, answers: Answers) -> Sequence[Row]:
        """Women's advocates and counsellors of a zone, to whom a woman may turn at a meeting."""
        around = {place.code for place in self.caller.country.way_up(self._zone(answers))}
        serve = (Person.role == "advocate") | ((Person.role == "partner") & (Person.kind == "talk"))
        with self.caller.reads() as db:
            people = db.scalars(
                select(Person).where(serve, Person.active, Person.sex == "f").order_by(Person.ref)
            ).all()
        return [Row(p.id, self._known_as(p)) for p in people if not around.isdisjoint(p.zones.split(","))]

    def _known_as(self, person: Person) -> str:
        """Her unit and her reference: no name is kept."""
        unit = self.caller.country.units.get(person.unit)
        return f"{unit.name} {person.ref}" if unit else person.ref

    def women_for(self, which: str) -> Sequence[Row]:
        """The same for a meeting, without the one who was asked."""
        with self.caller.reads() as db:
            meeting = db.get_one(Meeting, which)
        return [row for row in self._women(meeting.zone) if row.value != meeting.woman]

    def _digits(self, meeting: Meeting) -> str:
        starts = self.caller.country.clock(meeting.starts)
        return f"{starts.day}/{starts.month} {starts.hour}:{starts.minute:02d}"
