"""A plan that nothing speaks against, to be changed by a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.country.pack import Country
from bot.country.rows import VenueKind
from bot.meetings.planner import Plan, findings

ROHINI = "DL-PS8959010"


def sound_plan(land: Country, zone: str, start: float = 14, end: float = 16, days: int = 7) -> Plan:
    """A meeting a week from a Monday noon that nothing speaks against: a Tuesday at two."""
    now = datetime(2026, 11, 23, 12, tzinfo=land.timezone)
    day = now.date() + timedelta(days=days + 1)
    midnight = datetime(day.year, day.month, day.day, tzinfo=land.timezone)
    sunrise, sunset = land.daylight(zone, day)
    return Plan(
        midnight + timedelta(hours=start), midnight + timedelta(hours=end), now, sunrise, sunset, VenueKind.CENTRE,
        women_only=True, woman="yes", organisation=True, childcare=True, way_home=True, step_free=True, busy=land.busy,
    )  # fmt: skip


def rules_against(planned: Plan) -> set[str]:
    return {finding.rule for finding in findings(planned)}
