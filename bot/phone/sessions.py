"""One request of a talk: take the session, step, do what is to be done, put the session back.

A talking step is one read and one write of the session store and no database. A step with effects commits them with
the request's own key, so that 24 identical last requests at once file one report. Nothing is confirmed that is not
committed. Sessions live ten minutes, sealed under a key derived from the provider's own session id, of which the
store holds only a digest.
"""

from __future__ import annotations

import hashlib
import marshal
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.actions.meetings import JoinNews
from bot.conversation.message import Msg, _
from bot.conversation.nodes import DIAL_AGAIN, GOODBYE, LANGUAGE, OUT, Node, Question, Trade
from bot.conversation.state import Turn, state_from_json, state_to_json
from bot.meetings.posters import poster
from bot.meetings.subscribers import opt_out
from bot.phone.perform import FILINGS, perform
from bot.phone.staff_sms import SAID, effect_of
from bot.phone.world import world_of
from bot.services import Wiring
from bot.storage.database import MISSING
from bot.storage.outbox import now, wake
from bot.storage.prepared import KeptInsert, Line, Values, line_of, writing
from bot.storage.session_store import Store
from bot.storage.tables.runtime import Inbound
from bot.storage.unit_of_work import Office
from bot.vault.sealing import Unsealable, box, unbox
from bot.words.gsm import fold
from bot.words.keywords import LEAVE

CAME_IN = KeptInsert(cast(Table, Inbound.__table__))
SESSION_LIFE, DAY = 600, 86400  # seconds
FORMAT = 4  # of marshal, which every Python from 3.4 on reads: a quarter of JSON's time
LONGEST_HEARD = 6000  # characters of one session: 300 steps fit; more is no person
MOST_FILED = 3  # reports of one number in a day; a woman who is barred may be the one in danger
LATE = 8  # SMS of which a repeat is known
ARRIVED = _("common.arrived", "It has arrived.")
NO_MORE = _("optout.done", "You will get no more messages from us.")
JOINED = _("optin.done", "You are registered for meetings. STOP to leave.")
AWAY = _("common.away", "Nothing was sent. The service is not working now. Go to a health centre.")


@dataclass(frozen=True)
class Answer:
    """What the channel says to the phone."""

    text: str
    ends: bool


@dataclass(frozen=True)
class Heard:
    """A session as it is kept: the state, how much was heard (length and digest, never the words), the last reply."""

    state: dict[str, Any]
    length: int
    digest: str
    reply: str
    ends: bool
    earlier: list[str] = field(default_factory=list)  # digests of the last SMS, which may come again


class Talker:
    """Talks for one process. Holds no state of any caller."""

    def __init__(self, wiring: Wiring, store: Store) -> None:
        self.wiring, self.store = wiring, store

    def ussd(self, provider: str, session: str, phone: str, heard: str) -> Answer:
        """One USSD request with everything typed so far (Africa's Talking's cumulative `text`)."""
        try:
            return self._ussd(provider, session, phone, heard)
        except MISSING:
            return self.closed()

    def _ussd(self, provider: str, session: str, phone: str, heard: str) -> Answer:
        call = Call(self, f"{provider}:{session}", phone)
        if len(heard) > LONGEST_HEARD:
            return call.last(DIAL_AGAIN)
        kept = call.take()
        if kept is None:
            return call.begin(heard)
        if len(heard) < kept.length or (len(heard) == kept.length and digest(heard) == kept.digest):
            return Answer(kept.reply, kept.ends)  # a repeat, or an older request that comes late
        if digest(heard[: kept.length]) != kept.digest:
            return call.begin(heard)
        if kept.ends:
            return Answer(kept.reply, kept.ends)
        new = heard[kept.length :]
        new = new[1:] if kept.length and new.startswith("*") else new
        if "*" in new and not call.asked(kept, Question):
            return call.begin(heard)  # the session is older than her last page: the store was away
        return call.step(kept, new, heard)

    def ussd_last(
        self, provider: str, session: str, phone: str, typed: str, new: bool | None, turn: str = ""
    ) -> Answer:
        """One USSD request of a gateway that sends the last answer only; `new` is None where it does not say.

        `turn` counts requests, where there is such a field. A talk that was lost cannot be replayed: dial again.
        """
        try:
            return self._ussd_last(Call(self, f"{provider}:{session}", phone), typed, new, turn)
        except MISSING:
            return self.closed()

    def _ussd_last(self, call: Call, typed: str, new: bool | None, turn: str) -> Answer:
        if len(typed) > LONGEST_HEARD:
            return call.last(DIAL_AGAIN)
        kept = None if new and not turn else call.take()
        if kept is not None and turn and digest(turn) == kept.digest:
            return Answer(kept.reply, kept.ends)  # a repeat
        if new or (new is None and (kept is None or kept.ends)):
            return call.dialled(typed if new else "", turn)
        if kept is None:
            return call.last(DIAL_AGAIN)
        if kept.ends:
            return Answer(kept.reply, True)
        return call.step(kept, typed, turn or f"{kept.length + 1}\0{typed}", kept.length + 1)

    def sms(self, provider: str, message: str, phone: str, text: str) -> Answer:
        """One SMS; its session is keyed by the number, and `message` (the provider's id) tells a repeat."""
        try:
            return self._sms(provider, message, phone, text)
        except MISSING:
            return self.closed()

    def closed(self) -> Answer:
        """What is said while the vault or the database is away and no language is known."""
        return Answer(fold(self.wiring.words.say(self.wiring.country.languages[0], AWAY)), True)

    def _sms(self, provider: str, message: str, phone: str, text: str) -> Answer:
        call = Call(self, f"sms:{phone}", phone, request=f"{provider}:{message}")
        kept = call.take()
        if kept is not None:
            call.earlier = [*kept.earlier, kept.digest][-LATE:]
            if digest(message) in call.earlier:
                return Answer(kept.reply, kept.ends)  # a repeat, or one that comes late: her talk stays where it is
        keywords = self.wiring.keywords
        if kept is not None and not kept.ends:
            return call.step(kept, call.as_key(kept, text), message)
        zone, language = poster(text, keywords, self.wiring.country.venues)
        if zone:
            return call.joined(zone, language)
        if (word := keywords.meaning(text)) in ("stop", "start"):
            try:
                opt_out(self.wiring.sessions, self.wiring.vault, phone, word == "stop")
            except MISSING:
                return call.last(AWAY, keywords.language(text))
            if word == "stop":
                return call.last(NO_MORE, keywords.language(text))
        return call.noted(text) or call.open("sms", message, keywords.language(text))

    def hang_up(self, provider: str, session: str) -> None:
        """The caller is gone: her draft goes at once (S11)."""
        self.store.drop(self.wiring.vault.kept_at(f"{provider}:{session}")[0])


class Call:
    """One request of one caller."""

    def __init__(self, talker: Talker, session: str, phone: str, request: str = "") -> None:
        self.wiring, self.store = talker.wiring, talker.store
        self.session, self.request = session, request
        self.phone = phone
        self.key, self.secret = self.wiring.vault.kept_at(session)
        self.facts = world_of(self.wiring, phone)
        self.lay = self.wiring.layout
        self.earlier: list[str] = []

    def take(self) -> Heard | None:
        """The session, or None when there is none that can be read."""
        sealed = self.store.get(self.key)
        if sealed is None:
            return None
        try:
            return Heard(**marshal.loads(unbox(self.secret, sealed)))  # noqa: S302  (nobody else could have sealed it)
        except (Unsealable, ValueError, TypeError, EOFError):
            return None

    def open(self, flow: str, heard: str, language: str) -> Answer:
        """A new talk in a given flow, in the language of her first word if it is a word of one language only."""
        return self.answer(self.wiring.book.start(self.facts, self.lay, language, flow), heard)

    def joined(self, zone: str, language: str) -> Answer:
        """She sent the code of a poster: she hears of the meetings of its zone."""
        sealed = self.wiring.vault.seal_to_sender(self.phone).hex()
        office = Office(self.wiring.vault, self.wiring.country)
        with self.wiring.sessions.begin() as db:
            perform(db, JoinNews(zone, sealed, language), office, now())
        return self.last(JOINED, language)

    def noted(self, text: str) -> Answer | None:
        """The SMS of somebody who works here, if it is one that is noted: it can be forged, so it confirms nothing."""
        caller = self.caller()
        effect, language = effect_of(text, self.wiring.keywords) if caller else (None, "")
        if effect is None:
            return None
        office, at = Office(self.wiring.vault, self.wiring.country, caller), now()
        with self.wiring.sessions.begin() as db:
            done = perform(db, effect, office, at)
        return self.last(SAID[done.outcome], language) if done.outcome in SAID else None

    def asked(self, kept: Heard, *kinds: type[Node]) -> bool:
        """Whether her last page was of one of these kinds (or is gone with its flow): what she typed is no key."""
        flow = self.wiring.book.flows.get(kept.state["flow"])
        return flow is None or isinstance(flow.nodes.get(kept.state["screen"]), kinds)

    def as_key(self, kept: Heard, text: str) -> str:
        """The key that a word stands for on a page of choices. Where she writes her own words, they stay words."""
        state = state_from_json(kept.state)
        node = (
            self.wiring.book.flows[state.flow].nodes.get(state.screen) if state.flow in self.wiring.book.flows else None
        )
        if isinstance(node, Question | Trade):
            return text
        word = self.wiring.keywords.meaning(text, state.language)
        if word in LEAVE or text.strip() == "#":
            return OUT
        if word == "language":
            return LANGUAGE
        return str(state.shown.index(word) + 1) if word in ("yes", "no") and word in state.shown else text

    def begin(self, heard: str) -> Answer:
        """A new session, a dial string with answers in it, or a session that was lost: replayed from the start."""
        if heard and self.arrived(heard):
            return self.last(ARRIVED)
        turn = self.wiring.book.replay(heard.split("*") if heard else (), self.facts, self.lay)
        return self.last(DIAL_AGAIN) if turn is None else self.answer(turn, heard)

    def dialled(self, typed: str, turn: str) -> Answer:
        """A new session of a gateway that sends the last answer only, perhaps with answers in the dial string."""
        texts = typed.split("*") if typed else ()
        found = self.wiring.book.replay(texts, self.facts, self.lay)
        return self.last(DIAL_AGAIN) if found is None else self.answer(found, turn or secrets.token_hex(8), 1)

    def step(self, kept: Heard, text: str, heard: str, length: int = 0) -> Answer:
        """One step of a running session."""
        state = state_from_json(kept.state)
        try:
            turn = self.wiring.book.step(state, text, self.facts, self.lay)
        except MISSING:  # a trade wanted them: a PIN, a report to be opened
            return self.last(AWAY, state.language)
        except Unsealable:  # somebody who was disabled meanwhile
            return self.last(DIAL_AGAIN, state.language)
        return self.answer(turn, heard, length)

    def answer(self, turn: Turn, heard: str, length: int = 0) -> Answer:
        """Do what the turn asks, keep the session, say the page. `length`: requests so far, if no text tells."""
        if turn.effects:
            try:
                turn = self.commit(turn, heard)
            except Repeated:
                return self.last(ARRIVED, turn.state.language)
            except MISSING:
                return self.last(AWAY, turn.state.language)
            except Unsealable:  # a session of somebody who was disabled meanwhile
                return self.last(DIAL_AGAIN, turn.state.language)
        state = {} if turn.ends else state_to_json(turn.state)
        kept = Heard(state, length or len(heard), digest(heard), turn.page.text, turn.ends, self.earlier)
        self.store.put(self.key, box(self.secret, marshal.dumps(vars(kept), FORMAT)), SESSION_LIFE)
        return Answer(turn.page.text, turn.ends)

    def commit(self, turn: Turn, heard: str) -> Turn:
        """The effects and the request's key in one transaction; then the bell. Raises `Repeated`."""
        at = now()
        tasks: list[str] = []
        try:
            with self.writes(turn.effects, {"key": self.request_key(heard), "at": at - at % DAY}) as db:
                office = Office(self.wiring.vault, self.wiring.country, self.caller(), self.often(turn.effects, at))
                for effect in turn.effects:
                    done = perform(db, effect, office, at)
                    tasks += done.tasks
        except IntegrityError:
            if self.arrived(heard):  # only then may she be told so
                raise Repeated from None
            raise
        wake(self.wiring.bell, tasks)
        return self.wiring.book.conclude(turn, done.outcome, done.values, self.facts, self.lay)

    @contextmanager
    def writes(self, effects: Sequence[object], came_in: Values) -> Iterator[Session | Line]:
        """One transaction that begins with the request's key. What is filed has a plain one, which nobody else who
        files should have to wait for."""
        if all(type(effect) in FILINGS for effect in effects):
            with writing(self.wiring.engine, lambda line: CAME_IN.run(line, came_in)) as line:
                yield line
        else:
            with self.wiring.sessions.begin() as db:
                CAME_IN.run(line_of(db), came_in)
                yield db

    def often(self, effects: Sequence[object], at: int) -> bool:
        """Whether this number files more than `MOST_FILED` a day: nobody is barred, but others are rung for first.

        How many it has filed lies sealed where talks do, until a day has passed, and nowhere else.
        """
        if not any(type(effect) in FILINGS for effect in effects):
            return False
        day = datetime.fromtimestamp(at, self.wiring.country.timezone).date().isoformat()
        key, secret = self.wiring.vault.kept_at(f"filed:{day}:{self.phone}")
        filed = 1
        if sealed := self.store.get(key):
            with suppress(Unsealable, ValueError):
                filed += int(unbox(secret, sealed))
        self.store.put(key, box(secret, str(filed).encode()), DAY)
        return filed > MOST_FILED

    def caller(self) -> str:
        """The id of the staff member who dials, or nothing."""
        person = self.facts.person if self.facts.works_here() else None
        return person.id if person else ""

    def request_key(self, heard: str) -> str:
        return self.wiring.vault.digest("request", f"{self.request or self.session}|{digest(heard)}")

    def arrived(self, heard: str) -> bool:
        """Whether this very request has had its effect, and only its reply is forgotten."""
        try:
            with self.wiring.reads() as db:
                return db.scalar(select(Inbound.key).where(Inbound.key == self.request_key(heard))) is not None
        except SQLAlchemyError:
            return False

    def last(self, text: Msg, language: str = "") -> Answer:
        """A last line in her language, or in the country's first one when it is not known."""
        language = language or self.wiring.country.languages[0]
        values = {"code": self.wiring.settings.service_code}
        return Answer(fold(self.wiring.words.say(language, text, values)), True)


class Repeated(Exception):
    """Another request with the same key was first."""


def digest(heard: str) -> str:
    """What is kept of the heard text: 128 bits of its hash, inside the sealed session or under the vault's key."""
    return hashlib.blake2b(heard.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def harmless() -> Sequence[Msg]:
    """The lines with which a talk may end without any flow."""
    return (GOODBYE, DIAL_AGAIN, ARRIVED, AWAY, NO_MORE)
