"""When the database is away nothing is confirmed, and nobody meets a server error."""

from __future__ import annotations

import logging
import sqlite3
from typing import ClassVar

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from bot.storage.tables.reports import Report
from tests.support.doors import (
    DOOR,
    DOORS,
    END,
    LIMITS,
    OPT_OUT,
    RECEIPTS,
    SMS,
    pages_to_help,
    signed,
    sms,
    sms_answers,
    twilio_sms,
    usable_page,
    ussd,
)
from tests.support.keys import DOCTOR, FROM_LIMITS_TO_HELPERS, SEND_NOW, typed
from tests.support.office import CALLER, Office

pytestmark = pytest.mark.office(**DOORS)


class Away:
    """A database that nobody can write to."""

    def begin(self) -> None:
        raise OperationalError("away", None, Exception())


def test_with_the_database_away_nothing_is_confirmed_to_her(client: FlaskClient, broken: Office) -> None:
    heard = typed(LIMITS, "9", "9", "9", *FROM_LIMITS_TO_HELPERS, DOCTOR, SEND_NOW)
    page = ""
    for end in range(len(heard) + 1):
        page = usable_page(client.post(DOOR, data=ussd(heard[:end])))
        assert "arrived" not in page


def test_with_the_database_gone_in_the_middle_of_her_call_her_report_is_not_confirmed(
    client: FlaskClient, office: Office
) -> None:
    heard = pages_to_help(client) + "*1"
    page = usable_page(client.post(DOOR, data=ussd(heard)))
    assert page.startswith("CON Send it to: Doctor?")
    office.loses_its_database()
    last = usable_page(client.post(DOOR, data=ussd(heard + "*1")))
    assert "The phone company sees the call" in last  # her talk was lost with it: she reads the limits again
    assert "arrived" not in last


@pytest.mark.parametrize("path", [DOOR, END])
def test_with_the_database_away_no_caller_meets_a_server_error(
    client: FlaskClient, broken: Office, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = client.post(path, data={**ussd("3*secretword"), **sms("secretword")})
    assert reply.status_code == 200
    assert broken.rung == []
    assert CALLER[1:] not in caplog.text
    assert "secretword" not in caplog.text


def test_with_the_database_away_an_sms_through_twilio_gets_xml(client: FlaskClient, broken: Office) -> None:
    for more in ({}, {"OptOutType": "STOP"}, {"OptOutType": "START"}):
        reply = signed(client, "/sms/twilio", twilio_sms("muraho", **more))
        assert reply.status_code == 200
        assert reply.content_type.startswith("text/xml")
        assert "arrived" not in reply.text


@pytest.mark.parametrize("path", [RECEIPTS, OPT_OUT, SMS])
def test_with_the_database_away_a_provider_is_asked_to_tell_again(
    client: FlaskClient, broken: Office, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    told = {"status": "Success", "phoneNumber": CALLER, **sms("secretword", "ATXid_1")}
    assert client.post(path, data=told).status_code == 503
    assert broken.rung == []
    assert CALLER[1:] not in caplog.text
    assert "secretword" not in caplog.text
    assert client.post(path, data={}).status_code == 200  # what is nobody's need not come again


def test_her_sms_that_came_while_the_database_was_away_is_heard_once_when_it_is_brought_again(
    client: FlaskClient, office: Office
) -> None:
    client.post(SMS, data=sms("muraho", "a"))
    whole, office.services.sessions = office.services.sessions, Away()  # type: ignore[assignment]
    assert client.post(SMS, data=sms("1", "b")).status_code == 503
    assert client.post(SMS, data=sms("1", "b")).status_code == 503
    office.services.sessions = whole
    assert [client.post(SMS, data=sms("1", "b")).status_code for _ in range(3)] == [200] * 3
    second = sms_answers(office)
    client.post(SMS, data=sms("1", "c"))
    assert len(second) == 2
    assert second[1].startswith("Mesaje zigumana")
    assert len(set(sms_answers(office))) == 3  # and her talk is where it would have been


def test_a_process_that_lives_says_so_and_one_without_a_database_is_not_ready(
    client: FlaskClient, office: Office
) -> None:
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)
    office.loses_its_database()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)


class LosesAnswers(sqlite3.Connection):
    """A connection that breaks after the database has committed, or before, and before it can say so."""

    breaks: ClassVar[list[str]] = []

    def commit(self) -> None:
        files = self.in_transaction and self.execute("SELECT count(*) FROM report").fetchone() != (0,)
        when = self.breaks.pop() if self.breaks and files else ""
        if when == "before":
            self.rollback()
        else:
            super().commit()
        if when:
            raise sqlite3.OperationalError("the line is broken")


@pytest.mark.parametrize(("when", "kept"), [("after", 1), ("before", 0)])
def test_when_the_line_to_the_database_breaks_as_her_report_is_filed_she_is_told_what_is_true(
    client: FlaskClient, office: Office, when: str, kept: int
) -> None:
    engine = office.services.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("the line that breaks is one of SQLite's")
    heard = pages_to_help(client) + "*1"
    assert usable_page(client.post(DOOR, data=ussd(heard))).startswith("CON Send it to: Doctor?")
    engine.dispose()
    listen(engine, "do_connect", lambda _dialect, _record, _given, options: options.update(factory=LosesAnswers))
    LosesAnswers.breaks.append(when)
    last = usable_page(client.post(DOOR, data=ussd(heard + "*1")))
    assert LosesAnswers.breaks == []
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == kept
    assert ("arrived" in last, "Nothing was sent" in last) == (bool(kept), not kept)
