"""Tells a batch of people of a meeting: claimed under lock, sent outside any transaction, recorded.

Nothing is sent to somebody who has left the list, about a revision that is replaced, or once the meeting has begun: the
rows of the meeting and of the people are locked where a batch is claimed, so that a stop either comes before the claim
or waits until it is over. People who were surely not told are tried with the next provider or later; people of whom it
is not known are not told again, except of a change or a cancellation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import BindParameter, bindparam, insert, select, true, update
from sqlalchemy.orm import Session

from bot.channels.messages import RECIPIENT_REASONS, Reason, SendError, Sent
from bot.delivery import prices, providers
from bot.delivery.attempts import kept_id, note_attempts
from bot.delivery.providers import ProviderChoice
from bot.meetings.notices import render_sms
from bot.meetings.subscribers import opt_out
from bot.services import Services
from bot.storage import outbox
from bot.storage.base import hour_of
from bot.storage.outbox import Claim
from bot.storage.tables.delivery import Attempt, DeliveryStatus, Notice, OptOut
from bot.storage.tables.meetings import Meeting, Subscriber
from workers.announce import AGAIN, BATCH, CALL, holds

MOST_CALL = 18  # seconds that a provider may take, time-outs and all
UNTIL_PAID = 3600  # seconds after which it is looked at again whether there is money
PLAINLY = update(Notice).execution_options(synchronize_session=False)  # no notice is held in a session here
WHO: BindParameter[str] = bindparam("who", expanding=True)  # lists of hundreds, in statements that are written once
THERE = select(Subscriber.id, Subscriber.phone_sealed, Subscriber.language).where(Subscriber.id.in_(WHO))
THERE = THERE.order_by(Subscriber.id).with_for_update(read=True)
OUT = select(OptOut.phone_digest).where(OptOut.phone_digest.in_(WHO))
WAITING = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


@dataclass(frozen=True, repr=False)
class Recipient:
    """Somebody who is to be told now; the repr holds no number."""

    subscriber: str
    phone: str
    language: str


@dataclass
class Round:
    """The results for some people: the state of each notice, a row for each attempt, the last failure of a provider."""

    task: str
    became: dict[str, DeliveryStatus]
    kept: Callable[[str], str]  # what is stored of a provider's id
    attempts: list[dict[str, Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list, repr=False)  # numbers that their provider says have opted out
    paid: list[tuple[str, list[str], str]] = field(default_factory=list, repr=False)  # provider, numbers, text
    error: SendError | None = None
    until: int = 0  # when it is of no use any more

    def lasts(self, at: int) -> int:
        """For how many seconds the news is of use; 0 where that does not matter."""
        return max(1, self.until - at) if self.until else 0

    @property
    def refused(self) -> list[str]:
        """The ids of people whose number is refused as wrong by every provider that was asked."""
        last = {row["message"]: row["reason"] for row in self.attempts}
        return [who for who, reason in last.items() if reason == Reason.BAD_NUMBER]

    def heard(self, person: Recipient, provider: str, result: Sent | SendError, began: int, ended: int) -> None:
        """Record the result of a provider about one person."""
        if isinstance(result, Sent):
            state, reason, code, its = DeliveryStatus.SENT, "", "", self.kept(result.id)
        else:
            state = DeliveryStatus.UNKNOWN if result.unknown_outcome else DeliveryStatus.FAILED
            reason, code, its = str(result.reason), result.provider_code[:40], ""
            if result.reason == Reason.OPTED_OUT:
                self.gone.append(person.phone)
        self.attempts.append({
            "message": person.subscriber, "task": self.task, "provider": provider, "provider_id": its,
            "began": hour_of(began), "ended": hour_of(ended), "state": state, "reason": reason, "code": code,
        })  # fmt: skip
        self.became[person.subscriber] = _becomes(result, state)


def _becomes(result: Sent | SendError, state: DeliveryStatus) -> DeliveryStatus:
    """The state of the notice: pending where it may be tried again."""
    if isinstance(result, Sent) or result.unknown_outcome:
        return state
    if result.reason == Reason.OPTED_OUT:
        return DeliveryStatus.SUPPRESSED
    return DeliveryStatus.PENDING if result.retryable else DeliveryStatus.FAILED


def notify(services: Services, claim: Claim, at: int) -> tuple[str, ...]:
    """Tell one batch, or as much of it as may be sent now; the keys of the tasks that follow. Called again it sends to
    nobody twice.
    """
    first = providers.choose(services, services.providers, at, BATCH)
    if claim.args["kind"] not in AGAIN and _spent(services, at):
        first = at + UNTIL_PAID
    if isinstance(first, int):
        with services.sessions.begin() as db:
            outbox.put_back(db, claim, first)
        return ()
    people = claimed(services, claim, at, first.most)
    if not people:
        return _store(services, claim, at, Round(claim.key, {}, str))
    with services.reads() as db:
        meeting = db.get_one(Meeting, claim.args["meeting"])
    kind, began = str(claim.args["kind"]), at
    kept = partial(kept_id, services.vault)
    made = Round(claim.key, {person.subscriber: DeliveryStatus.PENDING for person in people}, kept)
    made.until = 0 if kind == "after" else meeting.starts
    choice: ProviderChoice | None = first
    for language in sorted({person.language for person in people}):
        text = render_sms(services.words, services.country, services.settings.service_code, meeting, kind, language)
        _tell(services, made, [p for p in people if p.language == language], text, began, choice, again=kind in AGAIN)
        choice = None
    for phone in made.gone:
        opt_out(services.sessions, services.vault, phone, True)
    return _store(services, claim, outbox.now(), made)


def _spent(services: Services, at: int) -> bool:
    """Whether the month's budget is used up: then notices wait, and are dropped when they would come too late."""
    if not services.settings.month_budget:
        return False
    with services.reads() as db:
        return prices.left(db, services.country, services.settings.month_budget, at) == 0


def _tell(
    services: Services,
    made: Round,
    people: list[Recipient],
    text: str,
    began: int,
    first: ProviderChoice | None,
    *,
    again: bool,
) -> None:
    """Send through the first provider that is open, and through the next one to people for whom it surely did not take
    it.

    When in doubt the next one is asked too if it is better to be told twice (`again`). Stops in time for the lease of
    the task.
    """
    asked, choice = list[str](), first
    over = {DeliveryStatus.SENT, DeliveryStatus.SUPPRESSED} | (set() if again else {DeliveryStatus.UNKNOWN})
    while people and (at := outbox.now()) - began < outbox.LEASE - MOST_CALL:
        left = [provider for provider in services.providers if provider not in asked]
        choice = choice or open_provider(services, left, at, len(people))
        if choice is None:
            return
        people = people[: choice.most]  # the others wait: a provider that was closed is tried with one person
        _ask(services, made, choice, people, text, urgent=again)
        asked.append(choice.provider)
        choice, people = None, [person for person in people if made.became[person.subscriber] not in over]


def open_provider(services: Services, names: Sequence[str], at: int, most: int) -> ProviderChoice | None:
    """A provider that may be used now, or None."""
    found = providers.choose(services, names, at, most)
    return found if isinstance(found, ProviderChoice) else None


def _ask(
    services: Services, made: Round, choice: ProviderChoice, people: list[Recipient], text: str, *, urgent: bool
) -> None:
    """Call one provider, several calls at the same time, and record whether the provider works."""
    began, channel = outbox.now(), services.channel(choice.provider)

    def call(part: list[Recipient]) -> Mapping[str, Sent | SendError] | SendError:
        try:
            with providers.wait_for_turn(services, choice.provider, len(part), urgent=urgent):
                return channel.send_many([person.phone for person in part], text, made.lasts(outbox.now()))
        except SendError as busy:  # before anybody was asked
            return busy

    parts = [people[first : first + CALL] for first in range(0, len(people), CALL)]
    with ThreadPoolExecutor(len(parts)) as calls:
        answers = list(calls.map(call, parts)) if len(parts) > 1 else [call(people)]
    ended, made.error = outbox.now(), None
    for part, results in zip(parts, answers, strict=True):
        if isinstance(results, SendError):
            made.error = results
        else:
            _record(services, made, choice, part, text, results, began, ended)


def _record(
    services: Services,
    made: Round,
    choice: ProviderChoice,
    people: list[Recipient],
    text: str,
    results: Mapping[str, Sent | SendError],
    began: int,
    ended: int,
) -> None:
    """Record the results of one call."""
    for person in people:
        if person.phone in results:
            made.heard(person, choice.provider, results[person.phone], began, ended)
    made.paid.append((choice.provider, [phone for phone, result in results.items() if _costs(result)], text))
    errors = [result for result in results.values() if isinstance(result, SendError)]
    error = next((error for error in errors if error.reason not in RECIPIENT_REASONS), None)
    if error is None or len(errors) < len(results) and error.reason not in providers.INSTALLATION_REASONS:
        providers.record_success(services.sessions, choice)
    else:
        providers.record_failure(services.sessions, choice, error, ended)
    made.error = error or made.error


def _costs(result: Sent | SendError) -> bool:
    """Whether the provider has taken the message, or may have."""
    return isinstance(result, Sent) or result.unknown_outcome


def _count(db: Session, services: Services, made: Round, at: int) -> None:
    """Record what it cost, and whose number was refused."""
    for provider, phones, text in made.paid:
        prices.spend(db, services.country, provider, phones, text, at, demo=services.settings.is_demo)
    if made.refused:
        refused = update(Subscriber).where(Subscriber.id.in_(made.refused))
        db.execute(refused.values(refused=Subscriber.refused + 1))


def _store(services: Services, claim: Claim, at: int, made: Round) -> tuple[str, ...]:
    """Store the states and attempts of these people; the task is done when nobody of the batch waits any more."""
    with services.sessions.begin() as db:
        made.became.update({who: DeliveryStatus(state) for who, state in note_attempts(db, made.attempts).items()})
        by_state: dict[DeliveryStatus, list[str]] = defaultdict(list)
        for subscriber, state in made.became.items():
            by_state[state].append(subscriber)
        for state, who in by_state.items():
            _mark(db, claim, state, who)
        _count(db, services, made, at)
        if not _wait(db, claim, made):
            outbox.done(db, claim, at)
            return ()
        if made.error is None:
            outbox.put_back(db, claim, at)
            return (claim.key,)
    outbox.retry_later(services.sessions, claim, at, str(made.error.reason), made.error.retry_after)
    return ()


def _wait(db: Session, claim: Claim, made: Round) -> bool:
    """Whether anybody of this batch still waits. Most batches are told as a whole, and then no query is needed."""
    if len(made.became) == BATCH and DeliveryStatus.PENDING not in made.became.values():
        return False
    waits = select(Notice.subscriber).where(*rows_of(claim), Notice.status.in_(WAITING)).limit(1)
    return db.scalar(waits) is not None


def claimed(services: Services, claim: Claim, at: int, most: int = BATCH) -> list[Recipient]:
    """The people to be told now, at most `most`, marked as being sent to.

    People whom an earlier attempt left as being sent to are in doubt: changes and cancellations are sent to them again,
    other news is not.
    """
    waiting = WAITING if claim.args["kind"] in AGAIN else WAITING[:1]
    with services.sessions.begin() as db:
        locked = select(Meeting).where(Meeting.id == claim.args["meeting"]).with_for_update(read=True)
        meeting, rows = db.scalars(locked).one(), rows_of(claim)
        if claim.tries > 1 and claim.args["kind"] not in AGAIN:
            _doubt(db, claim, at)
        if not holds(meeting, claim.args, at):
            expired = update(Notice).where(*rows, Notice.status.in_(waiting))
            db.execute(expired.values(status=DeliveryStatus.EXPIRED))
            return []
        still = select(Notice.subscriber).where(*rows, Notice.status.in_(waiting)).order_by(Notice.subscriber)
        chosen = list(db.scalars(still.limit(most)))
        recipients = _reachable(db, services, chosen)
        who = [one.subscriber for one in recipients]
        _mark(db, claim, DeliveryStatus.SENDING, who)
        if gone := {*chosen} - {*who}:
            _mark(db, claim, DeliveryStatus.SUPPRESSED, [*gone])
        return recipients


def _mark(db: Session, claim: Claim, state: DeliveryStatus, who: list[str]) -> None:
    """Set the state of these people of the batch; somebody who was told meanwhile does not wait again."""
    fresh = Notice.status == DeliveryStatus.SENDING if state == DeliveryStatus.PENDING else true()
    db.execute(PLAINLY.where(*rows_of(claim), Notice.subscriber.in_(WHO), fresh).values(status=state), {"who": who})


def _doubt(db: Session, claim: Claim, at: int) -> None:
    """Record that a worker died while it sent to these people: they may have been told."""
    left = update(Notice).where(*rows_of(claim), Notice.status == DeliveryStatus.SENDING)
    who = db.scalars(left.values(status=DeliveryStatus.UNKNOWN).returning(Notice.subscriber)).all()
    if who:
        common = {
            "task": claim.key,
            "provider": "",
            "provider_id": "",
            "began": hour_of(at),
            "ended": hour_of(at),
            "reason": "",
        }
        state = {"state": DeliveryStatus.UNKNOWN, "code": "died"}
        db.execute(insert(Attempt), [{"message": one, **common, **state} for one in who])


def _reachable(db: Session, services: Services, chosen: Sequence[str]) -> list[Recipient]:
    """Of these people, those who are still on the list and have not opted out; their rows stay locked."""
    rows = db.execute(THERE, {"who": chosen}).all()
    phones = services.vault.open_all([sealed for _id, sealed, _language in rows])
    subscribed = [Recipient(row.id, phone, row.language) for row, phone in zip(rows, phones, strict=True)]
    digests = dict(zip(services.vault.numbers("opt-out", phones), subscribed, strict=True))
    out = db.scalars(OUT, {"who": [*digests]})
    gone = {digests[digest].subscriber for digest in out}
    return [one for one in subscribed if one.subscriber not in gone]


def rows_of(claim: Claim) -> tuple[Any, ...]:
    """The conditions for the rows of this batch."""
    args = claim.args
    return (
        Notice.meeting == args["meeting"], Notice.revision == args["revision"], Notice.kind == args["kind"],
        Notice.batch == args["batch"],
    )  # fmt: skip
