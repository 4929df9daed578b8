"""What became of a message: never backwards, kept when it comes early."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

import workers
from app import create_app
from bot.storage.tables.delivery import EarlyDeliveryReport
from tests.support.doors import DOORS, SMS, count, post_statuses, sent_message, sms, status_of
from tests.support.office import Office
from tests.support.provider import accepted, provider

pytestmark = pytest.mark.office(**DOORS)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["Sent"], "sent"),
        (["Submitted", "Buffered", "Success"], "delivered"),
        (["Success", "Sent", "Buffered"], "delivered"),
        (["Success", "Failed"], "delivered"),
        (["Failed", "Success"], "failed"),
        (["Rejected", "Sent"], "failed"),
        (["Success", "Success"], "delivered"),
        (["ANewStatus"], "sent"),
        (["Success", "ANewStatus"], "delivered"),
        ([""], "sent"),
    ],
)
def test_what_became_of_a_message_never_goes_backwards(
    client: FlaskClient, office: Office, statuses: list[str], status: str
) -> None:
    sent_message(office)
    post_statuses(client, *statuses)
    assert status_of(office) == status


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["Success"], "delivered"),
        (["Sent", "Success"], "delivered"),
        (["Success", "Sent"], "delivered"),
        (["Failed", "Submitted"], "failed"),
        (["Sent"], "sent"),
    ],
)
def test_a_receipt_that_comes_before_the_send_call_returns_is_kept_for_it(
    tmp_path: Path, statuses: list[str], status: str
) -> None:
    with provider() as stands:
        stands.usual = accepted(message="ATXid_9")
        office = Office(tmp_path, redis_url="redis://127.0.0.1:1/0", at_base_url=stands.url)
        client = create_app(office.settings, office.services).test_client()
        client.post(SMS, data=sms("muraho"))
        post_statuses(client, *statuses, message="ATXid_9")
        workers.SERVICES[:] = [office.services]
        workers.run_tasks(office.rung.pop(0))
        workers.SERVICES.clear()
        assert status_of(office, "ATXid_9") == status
        assert count(office, EarlyDeliveryReport) == 0
        office.services.engine.dispose()


def test_a_receipt_with_an_id_that_no_column_holds_is_taken_and_forgotten(client: FlaskClient, office: Office) -> None:
    for odd in ("x" * 5000, "a\0b"):
        post_statuses(client, "Success", message=odd)
    assert count(office, EarlyDeliveryReport) == 0
