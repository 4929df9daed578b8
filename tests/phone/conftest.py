"""A whole service behind its doors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from tests.support.doors import PUBLIC, TOKEN
from tests.support.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(
        tmp_path,
        redis_url="redis://127.0.0.1:1/0",
        public_base_url=PUBLIC,
        sms_providers="africastalking,twilio",
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=TOKEN,
        twilio_sender="+15005550006",
    )
    yield office
    office.services.engine.dispose()


@pytest.fixture
def client(office: Office) -> FlaskClient:
    return create_app(office.settings, office.services).test_client()


@pytest.fixture
def broken(client: FlaskClient, office: Office) -> Office:
    """The database is away from now on."""
    office.loses_its_database()
    return office
