"""An answer that points to somebody whom she has not asked: she is asked, and only her yes lets that service read it.

The police is never proposed (S20), nor a service of which she has said no in this report: with *but not to*, or to the
same question. After the sending one answer of each kind of report points to somebody: it can be proposed once.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.reports.new_report import NewReport

WITHIN_FIVE_DAYS = frozenset({"now", "days3", "days5"})  # a doctor can still do something (S57)
FOR_A_LAWYER = frozenset({"de", "fm"})  # money refused, forced marriage


def points_to(report: NewReport, added: Iterable[str]) -> str:
    """The service to which one of the fields that she has just added points: health after forced sex of the last five
    days, legal after money refused or a forced marriage; empty where it reads the report already or she has refused it.
    """
    added = {*added}
    if "when" in added and report.what == "sexual" and report.when in WITHIN_FIVE_DAYS:
        service = "health"
    elif "kind" in added and report.kind in FOR_A_LAWYER:
        service = "legal"
    else:
        return ""
    return "" if service in {*report.services, *report.refused} else service


def now_reading(readers: str, service: str) -> str:
    """The services that read it, comma-joined, once this one does too; empty: nobody more."""
    known = [one for one in readers.split(",") if one]
    return ",".join([*known, service] if service and service not in known else known)
