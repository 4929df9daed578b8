"""Who hears of meetings says which kinds and when she can come, sees what is kept of her, joins from a poster."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from bot.meetings.planner import findings
from bot.meetings.plans import plan_of
from bot.meetings.posters import poster
from bot.meetings.subscribers import audience, opt_out, wished
from bot.storage import outbox
from bot.storage.tables.delivery import Notice, OptOut
from bot.storage.tables.meetings import Meeting, Subscriber
from bot.words.keywords import load
from tests.support.keys import TO_MEETINGS
from tests.support.meetings import WOMEN, call_and_release, join_by_phone, only_meeting, sms_to, work_off
from tests.support.office import Caller, Office, choose_line
from tests.support.provider import Provider
from tests.support.small_world import LOCALES
from tests.support.subscribers import add_subscribers

pytestmark = pytest.mark.usefixtures("clock")


def against(office: Office) -> set[str]:
    """The rules that speak against the meeting."""
    with office.services.reads() as db:
        return {one.rule for one in findings(plan_of(db, office.services.country, only_meeting(office), outbox.now()))}


def asks(office: Office, phone: str) -> Caller:
    """She dials and goes to the SMS about meetings."""
    caller = office.call(f"m{len(office.store.kept)}", phone)
    caller.says(*TO_MEETINGS)
    if "SMS about meetings" in caller.sees:
        choose_line(caller, "SMS about meetings")
    return caller


def says_when(office: Office, phone: str, kinds: str, hours: str) -> Caller:
    caller = asks(office, phone)
    choose_line(caller, "Send me SMS")
    choose_line(caller, "Buyenzi")
    caller.says(kinds)
    choose_line(caller, hours)
    return caller


def test_who_wants_theatre_or_mornings_only_hears_of_no_training_in_the_afternoon(
    office: Office, stand_in: Provider, clock: time_machine.Traveller
) -> None:
    wants = [("12", "In the afternoon"), ("4", "At any hour"), ("12", "In the morning")]
    for phone, (kinds, hours) in zip(WOMEN, wants, strict=True):
        assert says_when(office, phone, kinds, hours).sees.startswith("You are registered")
    call_and_release(office)  # people are heard, on a Thursday at two
    clock.shift(timedelta(minutes=11))
    work_off(office)
    assert {phone for phone, _text in sms_to(stand_in)} == {WOMEN[0]}


def test_she_sees_what_is_kept_of_her_number_and_after_leaving_that_nothing_is(office: Office) -> None:
    says_when(office, WOMEN[0], "4", "In the morning")
    caller = asks(office, WOMEN[0])
    assert choose_line(caller, "What you keep of me").startswith(
        "SMS about meetings in Buyenzi. Theatre. In the morning"
    )
    choose_line(asks(office, WOMEN[0]), "No more SMS")
    assert choose_line(asks(office, WOMEN[0]), "What you keep of me").startswith("We do not keep your number.")
    assert choose_line(asks(office, WOMEN[1]), "What you keep of me").startswith("We do not keep your number.")


def test_who_joins_again_changes_what_she_said(office: Office) -> None:
    says_when(office, WOMEN[0], "4", "In the morning")
    join_by_phone(office, WOMEN[0])
    with office.services.reads() as db:
        row = db.scalars(select(Subscriber)).one()
    assert (row.kinds, row.hours) == ("", "")


@pytest.mark.parametrize("text", ["join V1", "JOIN v1", " Join  V1 ", "start V1", "JOIN V\u0967"])
def test_the_code_of_a_poster_is_enough(office: Office, text: str) -> None:
    opt_out(office.services.sessions, office.services.vault, WOMEN[0], True)
    said = office.talk_sessions.sms("africastalking", "id1", WOMEN[0], text)
    assert "STOP" in said.text
    with office.services.reads() as db:
        row = db.scalars(select(Subscriber)).one()
        assert db.scalars(select(OptOut)).all() == []
    assert row.zone == office.services.country.venues["V1"].zone
    assert office.talk_sessions.sms("africastalking", "id2", WOMEN[0], text).text == said.text  # it does not tell


@pytest.mark.parametrize("text", ["V1", "join", "join V99", "stop V1", "join 1", "go V1 now", "meet V1 12/3 14:30"])
def test_what_is_no_code_of_a_poster_is_none(office: Office, text: str) -> None:
    words = load(LOCALES / "keywords.csv")
    assert poster(text, words, office.services.country.venues) == ("", "")


def test_where_many_women_cannot_come_at_that_hour_the_leader_and_the_advocate_read_it(office: Office) -> None:
    call_and_release(office)
    meeting = only_meeting(office)
    add_subscribers(office, [f"+2577900{number:04d}" for number in range(6)])
    with office.services.sessions.begin() as db:
        db.execute(update(Subscriber).values(hours="morning"))
    with office.services.reads() as db:
        assert wished(db, office.services.country, meeting) == (6, 6)
        assert (
            len(db.scalars(select(Subscriber).where(*audience(office.services.country, meeting, outbox.now()))).all())
            == 0
        )
    assert "unwished hour" in against(office)
    with office.services.sessions.begin() as db:
        db.execute(update(Subscriber).values(hours="afternoon"))
    assert "unwished hour" not in against(office)


def test_nobody_hears_of_more_than_four_meetings_in_a_week(office: Office, clock: time_machine.Traveller) -> None:
    add_subscribers(office, WOMEN[:2])
    meeting = call_and_release(office)
    kept = {c.name: getattr(meeting, c.name) for c in Meeting.__table__.columns if c.name not in ("id", "number")}
    with office.services.sessions.begin() as db:
        db.execute(update(Meeting).values(zone="elsewhere"))  # these were told in another zone, where she lived
        first, second = db.scalars(select(Subscriber).order_by(Subscriber.id))
        for number in range(2, 6):
            db.add(Meeting(id=f"m{number}", number=number, **kept | {"zone": "elsewhere"}))
            db.flush()
            db.add(Notice(meeting=f"m{number}", revision=1, kind="new", subscriber=first.id, batch=0))
        db.add(Notice(meeting="m2", revision=1, kind="new", subscriber=second.id, batch=0))
    for days, heard_by in ((0, {second.id}), (8, {first.id, second.id})):
        hear = audience(office.services.country, meeting, outbox.now() + days * 86400)
        with office.services.reads() as db:
            assert {one.id for one in db.scalars(select(Subscriber).where(*hear))} == heard_by
