"""Hours of today."""

from __future__ import annotations

from datetime import datetime

from tests.support.office import Office


def hour_of_today(office: Office, hour: int) -> int:
    """Today at that hour of the country's clock."""
    today = datetime.now(office.services.country.timezone)
    return int(today.replace(hour=hour, minute=0, second=0).timestamp())
