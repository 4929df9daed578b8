"""Alarms about delivery: providers that are closed or send no delivery reports, accounts that run low, a budget that is
nearly spent.

Written once a day, in numbers only, to the log that oversight and operators read; `flask lines` shows the same at any
time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.channels.messages import SendError
from bot.delivery import prices
from bot.services import Services
from bot.storage.tables import delivery
from bot.storage.tables.delivery import Attempt, AttemptCount, DeliveryStatus, OddCount, ProviderState
from bot.storage.tables.runtime import Inbound

DAY = 86400
FEWEST_TO_JUDGE = 20  # accepted messages after which a provider without a delivery report is silent
REPORT_LATE_S = 2 * 3600  # seconds after which a delivery report should have come
RESERVE = 20  # per cent of the month's budget: from here on it is nearly spent
ANSWERED = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)


def alarms(services: Services, at: int) -> Iterator[str]:
    """One sentence for each alarm. Accounts are asked over the network, with no transaction open."""
    with services.reads() as db:
        for line in db.scalars(
            select(ProviderState).where(ProviderState.closed_until > at).order_by(ProviderState.provider)
        ):
            yield f"{line.provider} is not asked for {line.closed_until - at} s: {line.why}"
        if quiet(db, at):
            yield "nobody has told, joined or answered since yesterday, as people did before: is a line to us dead?"
        yield from (f"{provider} has sent no receipt since yesterday" for provider in silent(db, at))
        held = prices.left(db, services.country, services.settings.month_budget, at)
    if held is not None and held * 100 <= RESERVE * int(services.settings.month_budget * prices.MILLION):
        stopped = "" if held else ": notices are stopped"
        yield f"{prices.written(services.country, held)} of the month's budget are left{stopped}"
    yield from accounts(services)


def quiet(db: Session, at: int) -> bool:
    """Whether nobody has told, joined or answered anything since yesterday, although people did on the days before:
    then the way to us may be broken.
    """
    times = select(func.count()).select_from(Inbound)
    before = db.scalar(times.where(Inbound.at > at - 3 * DAY, Inbound.at <= at - DAY)) or 0
    return before >= FEWEST_TO_JUDGE and not db.scalar(times.where(Inbound.at > at - DAY))


def silent(db: Session, at: int) -> list[str]:
    """The providers that took messages since yesterday and sent no delivery report, although they did for
    those before.
    """
    recent = states(db, at - DAY - REPORT_LATE_S, at - REPORT_LATE_S)
    before = states(db, at - 8 * DAY, at - DAY - REPORT_LATE_S)
    providers = sorted({provider for provider, _state in recent})
    return [
        one for one in providers
        if recent[one, DeliveryStatus.SENT] >= FEWEST_TO_JUDGE and not any(recent[one, state] for state in ANSWERED)
        and any(before[one, state] for state in ANSWERED)
    ]  # fmt: skip


def states(db: Session, since: int, until: int) -> Counter[tuple[str, str]]:
    """The number of attempts between two seconds, by provider and state; a refused call is not counted as a delivery
    report. Of attempts that are counted by day only, all of the days that begin before the end, the first one whole.
    """
    taken = (Attempt.began >= since) & (Attempt.began < until) & (Attempt.provider_id != "")
    return tried(db, taken, AttemptCount.taken & (AttemptCount.day >= since - since % DAY) & (AttemptCount.day < until))


def tried(db: Session, there: ColumnElement[bool], counted: ColumnElement[bool]) -> Counter[tuple[str, str]]:
    """How many attempts there are by provider and state: of rows under the first condition, and of counts of days under
    the second.
    """
    each = select(Attempt.provider, Attempt.state, func.count()).where(there)
    found = Counter({(p, s): n for p, s, n in db.execute(each.group_by(Attempt.provider, Attempt.state))})
    days = select(AttemptCount.provider, AttemptCount.state, func.sum(AttemptCount.times)).where(counted)
    for provider, state, times in db.execute(days.group_by(AttemptCount.provider, AttemptCount.state)):
        found[provider, state] += int(times)
    return found


def accounts(services: Services) -> Iterator[str]:
    """An alarm for each provider's account whose balance is low or cannot be read."""
    for provider in services.providers if services.settings.balance_low else ():
        try:
            held = services.channel(provider).balance()
        except SendError as error:
            yield f"the balance of {provider} cannot be read: {error}"
            continue
        if held is not None and held.amount < services.settings.balance_low:
            yield f"the account at {provider} holds {held.amount:.2f} {held.currency}"


def report(services: Services, at: int) -> Iterator[str]:
    """What went out since yesterday, what it cost this month, and every irregularity; the figures add up to the last
    attempt.
    """
    with services.reads() as db:
        yesterday = at - DAY - (at - DAY) % DAY
        found = tried(db, Attempt.began >= yesterday, AttemptCount.day >= yesterday)
        for (provider, state), times in sorted(found.items()):
            yield f"since yesterday {provider or '-'}: {times} {state}"
        month = prices.month_of(services.country, at)
        for row in db.scalars(select(delivery.Spent).where(delivery.Spent.month == month)):
            amount = prices.written(services.country, row.millionths)
            yield f"this month {row.provider}: {row.segments} SMS, {amount}"
        for odd in db.scalars(select(OddCount).where(OddCount.day >= at - at % DAY - DAY)):
            yield f"{odd.what}: {odd.times}"
