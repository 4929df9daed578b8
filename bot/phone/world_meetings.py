"""The questions of flows about meetings, answered in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation.message import Msg, Said, Values, _
from bot.conversation.nodes import Answers, Row, SideEffectResult
from bot.delivery import prices
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
from bot.meetings.notices import render_sms
from bot.meetings.queries import AudienceQuote, MeetingView
from bot.phone import meeting_forms as forms
from bot.phone.caller import CallerContext
from bot.storage import switches
from bot.storage.outbox import now
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.unit_of_work import Work
from bot.words.dates import When

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


@dataclass
class MeetingsWorld:
    """Answers for one caller, during one request. `flows.world.MeetingsWorld` says what each question gives."""

    caller: CallerContext

    def _work(self, db: Session) -> Work:
        return Work(db, self.caller.vault, self.caller.country, now())

    # -- for everybody ---------------------------------------------------------------------------------------------
    def announced(self) -> Sequence[Row]:
        """The announced meetings, each by day and hour in digits that read the same in every language."""
        if not {"talk:meetings", switches.RESTORED}.isdisjoint(self.caller.staff.off):
            return []
        with self.caller.reads() as db:
            return [Row(one.id, digits(one.starts)) for one in queries.announced(self._work(db))]

    def announcement(self, which: str) -> Values:
        """Day, hour and place of a meeting; of a women's circle only who has said that she comes reads the place."""
        with self.caller.reads() as db:
            found = queries.announcement(self._work(db), which, self.caller.phone)
        if found is None:
            return {"meeting": (GONE,)}
        lines: list[Msg] = [Said(PLACED if found.place else UNPLACED, placed(found.starts, found.place or ""))]
        lines += [WOMEN_ONLY] * found.women_only + [OFFICER] * found.woman_officer
        return {"meeting": tuple(lines)}

    def subscription(self) -> Values:
        """What is stored of the number that dials: zone, kinds, hours."""
        with self.caller.reads() as db:
            found = queries.subscription(self._work(db), self.caller.phone)
        if found is None:
            return {"mine": (NOT_THERE,)}
        where = Said(YOURS, {"place": self.caller.country.places[found.zone].name})
        kinds = [KINDS[kind] for kind in found.kinds] or [ALL_KINDS]
        return {"mine": (where, *kinds, *([WHEN[found.hours]] if found.hours else []))}

    def offers(self, which: str) -> Values:
        """What a meeting offers besides place and hour, and promises of its zone that are late (S75)."""
        with self.caller.reads() as db:
            found = queries.announcement(self._work(db), which)
        if found is None:
            return {"offers": (GONE,)}
        return {"offers": (*offered(found), *(promise_line(one) for one in found.late_promises)) or (NOTHING,)}

    def promises(self) -> Values:
        """Promises that are not kept yet, the oldest first; a late one says so."""
        with self.caller.reads() as db:
            found = queries.open_promises(self._work(db))
        return {"promises": tuple(promise_line(one) for one in found) or (NO_PROMISES,)}

    def has_promises(self) -> bool:
        """Whether any promise is not kept yet."""
        with self.caller.reads() as db:
            return bool(queries.open_promises(self._work(db)))

    def promises_of(self, which: str) -> Sequence[Row]:
        """Open promises of the zone of a meeting, from which one is chosen that was kept."""
        with self.caller.reads() as db:
            work = self._work(db)
            return [Row(one.id, WHAT[one.what]) for one in queries.open_promises(work, choices.zone_of(work, which))]

    def when(self, which: str) -> str:
        """before | after | both (minutes can be read) | read (it is too late to give an opinion) | gone."""
        with self.caller.reads() as db:
            return queries.moment(self._work(db), which)

    def minutes(self, which: str) -> Values:
        """The minutes of a meeting: what was decided and promised, and whether concerns were answered."""
        with self.caller.reads() as db:
            found = queries.minutes(self._work(db), which)
        return {"minutes": minutes_lines(found) if found else (GONE,)}

    # -- for those who work for them -------------------------------------------------------------------------------
    def agenda(self, handle: str) -> Sequence[Row]:
        """The meetings that concern a member of staff; for a leader, the choice of a new one comes first."""
        she = self.caller.actor(handle)
        with self.caller.reads() as db:
            rows = [Row(one.id, digits(one.starts)) for one in queries.agenda(self._work(db), she)]
        if she.role == "leader":
            return [Row("new", NEW_MEETING), *rows]
        return [*rows, Row("close", CLOSE)] if she.role == "advocate" else rows

    def stage(self, handle: str, which: str) -> str:
        """The step that she may do with a meeting now, or `gone`."""
        with self.caller.reads() as db:
            step = queries.next_step(self._work(db), self.caller.actor(handle), which)
        return step.value if step else "gone"

    def planned(self, handle: str, which: str) -> Values:
        """A meeting for those whom it concerns: where, when, status, findings, how many said that they come; afterwards
        who came.
        """
        return {"meeting": self._planned(handle, which)}

    def _planned(self, handle: str, which: str) -> tuple[Msg, ...]:
        with self.caller.reads() as db:
            found = queries.view(self._work(db), self.caller.actor(handle), which)
        return view_lines(found, self.caller.local) if found else (CHANGED,)

    def again(self, handle: str, which: str) -> Sequence[Row]:
        """The days on which a meeting may be repeated."""
        with self.caller.reads() as db:
            days = queries.days_to_repeat(self._work(db), self.caller.actor(handle), which)
        return [Row(day.isoformat(), f"{day.day}/{day.month}") for day in days]

    def drafted(self, handle: str, which: str) -> Values:
        """Where and when a meeting drafted by SMS would be, and what speaks against it."""
        with self.caller.reads() as db:
            found = queries.view(self._work(db), self.caller.actor(handle), which)
        if found is None:
            return {"findings": (CHANGED,)}
        against = [WARNINGS[one.rule] for one in found.findings if one.rule != queries.NO_WOMAN]
        return {"findings": (Said(PLACED, placed(found.starts, found.place)), *(against or (GOOD,)))}

    def worried(self, handle: str, which: str) -> bool:
        """Whether somebody sent her a concern about a meeting."""
        with self.caller.reads() as db:
            return queries.has_concerns(self._work(db), self.caller.actor(handle), which)

    def sent_heads(self, handle: str, which: str) -> str:
        """The count that she sent by SMS and has not confirmed, or empty."""
        she = self.caller.actor(handle)
        with self.caller.reads() as db:
            return forms.typed(attendance.drafted_heads(db, which, she.role))

    def concerns(self, handle: str, which: str) -> Values:
        """The concerns that people sent about a meeting, for the women's side only."""
        she = self.caller.actor(handle)
        with self.caller.reads() as db:
            found = subscribers.concerns(db, which, she.id, self.caller.vault.private(she.id, handle))
        return {"concerns": tuple(found) or (NO_CONCERNS,)}

    def preview(self, handle: str, which: str) -> Values:
        """To how many people a notice goes, in which languages, what it costs at most and what remains of the month's
        budget.
        """
        with self.caller.reads() as db:
            quote = queries.audience_quote(self._work(db), self.caller.actor(handle), which, self._quote)
        lines = self._planned(handle, which)
        if quote is None:
            return {"meeting": lines, "count": "0"}
        parts = ", ".join(f"{language} {quote.people[language]}" for language in sorted(quote.people))
        total = sum(quote.people.values())
        meeting = (*lines, *self._costs(quote))
        return {"meeting": meeting, "count": f"{total} ({parts})" if parts else str(total)}

    def _quote(self, db: Session, meeting: Meeting, people: Mapping[str, int]) -> Quote:
        """What it costs to tell so many people of each language."""
        services, country = self.caller.services, self.caller.country
        code = services.settings.service_code
        texts = {language: render_sms(services.words, country, code, meeting, "new", language) for language in people}
        return prices.quote(db, services, people, texts, now())

    def _costs(self, quote: AudienceQuote) -> list[Msg]:
        """The costs as texts; empty where no price is known."""
        if not quote.millionths:
            return []
        amount = written(self.caller.country, quote.millionths)
        cost: list[Msg] = [Said(COST, {"segments": str(quote.segments), "amount": amount})]
        return cost + ([] if quote.left is None else [Said(LEFT, {"amount": written(self.caller.country, quote.left)})])

    def draft(self, answers: Answers) -> Values:
        """What speaks against a meeting that is about to be called; the woman who is asked has not answered yet."""
        return {"findings": tuple(self._against(answers)) or (GOOD,)}

    def speaks_against(self, answers: Answers) -> bool:
        """Whether anything speaks against it."""
        return bool(self._against(answers))

    def _against(self, answers: Answers) -> list[Msg]:
        with self.caller.reads() as db:
            new = forms.asked_for(self._work(db), self._leader(), answers)
            if new is None:  # what she had begun is gone: she reads so when she calls it
                return []
            return [WARNINGS[one.rule] for one in queries.speaks_against(self._work(db), new)]

    def _leader(self) -> str:
        return self.caller.person.id if self.caller.person else ""

    def closing(self, handle: str) -> Sequence[Row]:
        """Her zones, and which of them are closed."""
        with self.caller.reads() as db:
            closed = switches.off(db)
        rows = self.zones(handle)
        return [Row(z.value, f"{z.label}: 0" if f"zone:{z.value}" in closed else z.label) for z in rows]

    def zones(self, handle: str) -> Sequence[Row]:
        """The served zones in which she works, those that she has used most first."""
        with self.caller.reads() as db:
            return [Row(zone.code, zone.name) for zone in choices.zones(self._work(db), self.caller.actor(handle))]

    def venues(self, zone: str) -> Sequence[Row]:
        """The registered places of a zone, those that she has used most first."""
        with self.caller.reads() as db:
            return [Row(venue.ref, venue.name) for venue in choices.venues(self._work(db), self._leader(), zone)]

    def keep_unfinished(self, answers: Answers) -> SideEffectResult:
        """Store place, kind, day and hour for the case that the talk is cut off: `kept`."""
        she = self.caller.actor(answers["pin_handle"])
        with self.caller.sessions.begin() as db:
            drafts.keep_unfinished(self._work(db), she, forms.begun(answers))
        return SideEffectResult("kept")

    def women(self, answers: Answers) -> Sequence[Row]:
        """Women who can be asked to be there: officers and partners of the zone, by unit and reference."""
        with self.caller.reads() as db:
            work = self._work(db)
            return known_as(choices.women_to_ask(work, zone_of(work, answers)))

    def listeners(self, answers: Answers) -> Sequence[Row]:
        """Women's advocates and counsellors of a zone, to whom a woman may turn at a meeting."""
        with self.caller.reads() as db:
            work = self._work(db)
            return known_as(choices.listeners(work, zone_of(work, answers)))

    def women_for(self, which: str) -> Sequence[Row]:
        """The same for a meeting, without the one who was asked."""
        with self.caller.reads() as db:
            return known_as(choices.other_women(self._work(db), which))


def zone_of(work: Work, answers: Answers) -> str:
    """The zone that she has chosen, now or in the talk that was cut off."""
    return answers["zone"] if "zone" in answers else choices.zone_of(work, answers["which"])


def known_as(people: Iterable[Somebody]) -> list[Row]:
    """Rows that name people by unit and reference, because no name is stored."""
    return [Row(one.id, f"{one.unit} {one.ref}" if one.unit else one.ref) for one in people]


def digits(starts: datetime) -> str:
    """Day and hour in digits."""
    return f"{starts.day}/{starts.month} {starts.hour}:{starts.minute:02d}"


def placed(starts: datetime, place: str) -> Values:
    """The values of a text with day, hour and place."""
    return {"when": When(starts), "place": place}


def view_lines(meeting: MeetingView, now: datetime) -> tuple[Msg, ...]:
    """A meeting in lines, for those whom it concerns."""
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
