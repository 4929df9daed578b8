"""Meetings called, agreed to, refused, signed, released, stopped, moved, called off, in any order and by anybody:
nothing is ever told that a woman officer, a women's advocate and a second person have not agreed to."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select, update

import workers
from bot.actions.meetings import (
    AnswerInvitation,
    AskAnother,
    CallMeeting,
    CancelMeeting,
    MoveMeeting,
    ReleaseMeeting,
    SignMeeting,
    StopMeeting,
)
from bot.meetings.planner import Level, findings
from bot.meetings.plans import plan_of
from bot.people.enrolment import DEMO_PIN
from bot.phone.perform import Caller, perform
from bot.storage import outbox
from bot.storage.tables.delivery import Notice
from bot.storage.tables.meetings import Meeting, MeetingStatus
from bot.storage.tables.people import Person
from bot.storage.tables.runtime import Event, Task
from bot.storage.unit_of_work import Work
from tests.support.office import Office
from tests.support.subscribers import PlayedProvider, add_subscribers

ZONE = "BI-ZO-02-09-01"
ACTORS = ["L1", "A1", "K1", "C1A", "C3A", "P-TALK-1", "O1"]
NUMBER = st.integers(0, 2)


class Meetings(RuleBasedStateMachine):
    """What can happen to some meetings of one zone; whoever acts may be the wrong one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.office = Office(self.folder)
        self.office.services._channels = dict.fromkeys(self.office.services.providers, PlayedProvider())
        workers.SERVICES[:] = [self.office.services]
        add_subscribers(self.office, ["+25779000001", "+25779000002"])
        with self.office.services.reads() as db:
            self.people = {person.ref: person for person in db.scalars(select(Person).where(Person.ref.in_(ACTORS)))}
        vault = self.office.services.vault
        self.handles = {r: vault.unlock(p.id, p.wrapped_key, DEMO_PIN).handle for r, p in self.people.items()}
        self.at = 1_795_000_000 - 1_795_000_000 % 86400 + 8 * 3600  # ten in the morning in Bujumbura
        self.clean: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        workers.SERVICES.clear()
        self.office.services.engine.dispose()
        shutil.rmtree(self.folder)

    def act(self, ref: str, effect: object) -> str:
        self.at += 60
        with self.office.services.sessions.begin() as db:
            work = Work(db, self.office.services.vault, self.office.services.country, self.at)
            return perform(work, Caller(self.people[ref].id), effect).code

    def meeting(self, number: int) -> str:
        with self.office.services.reads() as db:
            ids = list(db.scalars(select(Meeting.id).order_by(Meeting.number)))
        return ids[number % len(ids)] if ids else "none"

    def day(self, days: int) -> str:
        return self.office.services.country.clock(self.at + days * 86400).date().isoformat()

    @initialize(days=st.integers(2, 9), whom=st.sampled_from(["women", "all", "women_all"]))
    def a_good_one_is_called(self, days: int, whom: str) -> None:
        """Else chance would rarely come as far as a notice."""
        self.somebody_calls_one("L1", "V1", days, "14:00", "C1A", whom)

    @rule(who=st.sampled_from(["L1", "L1", *ACTORS]), venue=st.sampled_from(["V1", "V1", "V3", "V4"]),
          days=st.integers(0, 9), hour=st.sampled_from(["10:00", "14:00", "19:00"]),
          woman=st.sampled_from(["C1A", "C3A"]), whom=st.sampled_from(["women", "all", "women_all"]))  # fmt: skip
    def somebody_calls_one(self, who: str, venue: str, days: int, hour: str, woman: str, whom: str) -> None:
        effect = CallMeeting(self.handles[who], "2", whom, self.people[woman].id, "childcare,way_home", ZONE, venue,
                             "training", self.day(days), hour)  # fmt: skip
        outcome = self.act(who, effect)
        assert (outcome == "done") == (who == "L1" and venue != "V4")

    @rule(number=NUMBER, comes=st.booleans(), signs=st.booleans(), releases=st.sampled_from(["K1", "A1", "L1"]),
          change=st.sampled_from(["", "", "moved", "another", "she cannot"]), early=st.booleans(),
          waits=st.booleans())  # fmt: skip
    def it_goes_its_way_or_almost(
        self, number: int, comes: bool, signs: bool, releases: str, change: str, early: bool, waits: bool
    ) -> None:
        """In order, with one thing left out, or changed after it was signed."""
        which = self.meeting(number)
        for who in ("C1A", "C3A") if comes else ():
            self.act(who, AnswerInvitation(self.handles[who], which, "yes"))
        if signs:
            self.act("A1", SignMeeting(self.handles["A1"], which, "yes"))
        if early:
            self.changes(which, change)
        outcome = self.act(releases, ReleaseMeeting(self.handles[releases], which))
        assert outcome != "done" or releases == "K1"
        if not early:
            self.changes(which, change)
        if waits:
            self.time_passes(11)

    def changes(self, which: str, change: str) -> None:
        """Something about it is not as it was signed."""
        if change == "moved":
            self.act("L1", MoveMeeting(self.handles["L1"], which, self.day(6), "15:00"))
        if change == "another":
            self.act("L1", AskAnother(self.handles["L1"], which, self.people["C3A"].id))
        for who in ("C1A", "C3A") if change == "she cannot" else ():
            self.act(who, AnswerInvitation(self.handles[who], which, "no"))

    @rule(who=st.sampled_from(ACTORS), number=NUMBER, says=st.sampled_from(["yes", "yes", "no"]))
    def somebody_says_whether_she_comes(self, who: str, number: int, says: str) -> None:
        self.act(who, AnswerInvitation(self.handles[who], self.meeting(number), says))

    @rule(who=st.sampled_from(ACTORS), number=NUMBER, says=st.sampled_from(["yes", "yes", "yes", "change", "no"]))
    def somebody_signs(self, who: str, number: int, says: str) -> None:
        outcome = self.act(who, SignMeeting(self.handles[who], self.meeting(number), says))
        assert outcome == "gone" or who == "A1"

    @rule(who=st.sampled_from(ACTORS), number=NUMBER)
    def somebody_releases(self, who: str, number: int) -> None:
        outcome = self.act(who, ReleaseMeeting(self.handles[who], self.meeting(number)))
        assert outcome != "done" or who == "K1"

    @rule(who=st.sampled_from(ACTORS), number=NUMBER)
    def somebody_stops_it(self, who: str, number: int) -> None:
        self.act(who, StopMeeting(self.handles[who], self.meeting(number)))

    @rule(who=st.sampled_from(ACTORS), number=NUMBER, days=st.integers(1, 9))
    def somebody_moves_it(self, who: str, number: int, days: int) -> None:
        outcome = self.act(who, MoveMeeting(self.handles[who], self.meeting(number), self.day(days), "14:00"))
        assert outcome == "gone" or who == "L1"

    @rule(who=st.sampled_from(ACTORS), number=NUMBER, woman=st.sampled_from(["C1A", "C3A"]))
    def somebody_asks_another(self, who: str, number: int, woman: str) -> None:
        self.act(who, AskAnother(self.handles[who], self.meeting(number), self.people[woman].id))

    @rule(who=st.sampled_from(["L1", "A1"]), number=NUMBER)
    def somebody_calls_it_off(self, who: str, number: int) -> None:
        self.act(who, CancelMeeting(self.handles[who], self.meeting(number)))

    @rule(minutes=st.sampled_from([5, 11, 1440]))
    def some_time_passes(self, minutes: int) -> None:
        self.time_passes(minutes)

    def time_passes(self, minutes: int) -> None:
        """And what is due is done, as workers do it."""
        self.at += minutes * 60
        for _ in range(4):
            with self.office.services.sessions.begin() as db:
                db.execute(update(Task).values(enqueued_at=0))
            for key in outbox.due(self.office.services.sessions, self.at):
                claim = outbox.claim(self.office.services.sessions, key, self.at)
                if claim is not None and claim.name in ("announce", "notify"):
                    workers.TASKS[claim.name](self.office.services, claim, self.at)

    @invariant()
    def what_was_announced_was_agreed_to_by_three_and_nothing_red_was_left(self) -> None:
        land = self.office.services.country
        with self.office.services.reads() as db:
            fresh = {(m, r) for m, r in db.execute(select(Notice.meeting, Notice.revision).where(Notice.kind == "new"))}
            for which, revision in fresh - self.clean:
                meeting = db.get_one(Meeting, which)
                assert (meeting.status, meeting.revision) == (MeetingStatus.RELEASED, revision)
                assert meeting.woman_says == "yes"
                assert meeting.advocate == self.people["A1"].id
                assert meeting.released_by not in ("", meeting.leader)
                released = [
                    e.at for e in db.scalars(select(Event).where(Event.report == which)) if "released" in e.what
                ]
                red = [f for f in findings(plan_of(db, land, meeting, released[-1])) if f.level == Level.RED]
                assert red == []
            self.clean |= fresh

    @invariant()
    def nothing_is_public_that_waits_for_a_signature(self) -> None:
        with self.office.services.reads() as db:
            for meeting in db.scalars(select(Meeting)):
                if meeting.status in (MeetingStatus.CALLED, MeetingStatus.CHANGE, MeetingStatus.REFUSED):
                    assert (meeting.advocate, meeting.released_by, meeting.public_at) == ("", "", 0)


Meetings.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestMeetings = Meetings.TestCase
