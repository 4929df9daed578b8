"""Sessions of talks: each request takes its session, makes a step, performs the effects and stores the session.

A step without effects is one read and one write of the session store and no database. A step with effects commits them
together with a key of the request, so that 24 identical last requests at once file one report. Nothing is confirmed
that is not committed. Sessions live ten minutes, sealed under a key derived from the provider's own session id, of
which the store holds only a digest.
"""

from __future__ import annotations

import marshal
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bot.actions.meetings import JoinNews
from bot.conversation.keys import key_of
from bot.conversation.message import Msg, _
from bot.conversation.nodes import DIAL_AGAIN, GOODBYE, LANGUAGE, OUT, Question, SideEffect
from bot.conversation.state import Screen, State, Turn, state_from_json, state_to_json
from bot.meetings.posters import poster
from bot.meetings.subscribers import opt_out
from bot.phone.arrivals import arrived_of, arrived_since
from bot.phone.perform import FILINGS, Caller, perform
from bot.phone.speechless import speechless
from bot.phone.staff_sms import SAID, effect_of
from bot.phone.stored_session import StoredSession, digest
from bot.phone.world import World
from bot.services import Services
from bot.storage.database import UNAVAILABLE
from bot.storage.outbox import now, signal_workers
from bot.storage.prepared import PreparedInsert, Values, driver_connection, writing
from bot.storage.session_store import Store
from bot.storage.settled import happened, is_unanswered
from bot.storage.tables.runtime import Inbound
from bot.storage.unit_of_work import FilingWork, Work
from bot.vault.sealing import Unsealable, box, unbox
from bot.words.catalogues import Untranslated
from bot.words.gsm import fold
from bot.words.keywords import LEAVE

INBOUND = cast(Table, Inbound.__table__)
INSERT_INBOUND = PreparedInsert(INBOUND)
SESSION_LIFE, DAY = 600, 86400  # seconds
FORMAT = 4  # of marshal, which every Python since 3.4 reads; takes a quarter of JSON's time
LONGEST_HEARD = 6000  # characters of one session: 300 steps fit; more is no person
MOST_FILED = 3  # reports of one number in a day; more are taken too, because she may be in danger
LOCAL = 8  # last digits of a number, the same however a gateway writes it
MOMENTS, A_MOMENT = 20, 0.02  # how often, and seconds between: the same request, that came twice at once
REMEMBERED_SMS = 8  # digests of SMS kept to recognise repeats
ARRIVED = _("common.arrived", "It has arrived.")
NOT_THE_REST = _("common.not_the_rest", "It has arrived. What you told after that was not kept.")
NO_MORE = _("optout.done", "You will get no more messages from us.")
JOINED = _("optin.done", "You are registered for meetings. STOP to leave.")
AWAY = _("common.away", "Nothing was sent. The service is not working now. Go to a health centre.")


@dataclass(frozen=True)
class Answer:
    """What the channel shows on the phone."""

    text: str
    ends: bool


class TalkSessions:
    """The talks of one process. Holds no state of any caller."""

    def __init__(self, services: Services, store: Store) -> None:
        self.services, self.store = services, store

    def ussd(self, provider: str, session: str, phone: str, heard: str) -> Answer:
        """Answer one USSD request that holds everything typed so far (Africa's Talking's cumulative `text`)."""
        try:
            return self._ussd(provider, session, phone, heard)
        except UNAVAILABLE:
            return self.closed()
        except Untranslated as error:
            return Answer(speechless(self.services, error), True)

    def _ussd(self, provider: str, session: str, phone: str, heard: str) -> Answer:
        request = Request(self, f"{provider}:{session}", phone)
        if len(heard) > LONGEST_HEARD:
            return request.end_with(DIAL_AGAIN)
        kept = request.take()
        if kept is None:
            return request.begin(heard)
        if len(heard) < kept.length or (len(heard) == kept.length and digest(heard) == kept.digest):
            return Answer(kept.reply, kept.ends)  # a repeat, or an older request that comes late
        if digest(heard[: kept.length]) != kept.digest:
            return request.begin(heard)
        if kept.ends:
            return Answer(kept.reply, kept.ends)
        new = heard[kept.length :]
        new = new[1:] if kept.length and new.startswith("*") else new
        if "*" in new and arrived_since(self.services, request.request_key, heard, kept.length):
            return request.end_with(NOT_THE_REST, kept.state["language"])  # the store was away when it was sent
        return request.step(kept, new, heard)  # a star is a part of her one answer

    def ussd_last(
        self, provider: str, session: str, phone: str, typed: str, new: bool | None, turn: str = ""
    ) -> Answer:
        """Answer one USSD request of a gateway that sends the last answer only; `new` says whether the session begins,
        None where the gateway does not say.

        `turn` counts requests, where there is such a field. A talk that was lost cannot be replayed: she is asked to
        dial again.
        """
        request = Request(self, f"{provider}:{session}", phone)
        request.world.caller.marked = new is not None or session[-LOCAL:] != phone[-LOCAL:]
        try:
            return self._ussd_last(request, typed, new, turn)
        except UNAVAILABLE:
            return self.closed()
        except Untranslated as error:
            return Answer(speechless(self.services, error), True)

    def _ussd_last(self, request: Request, typed: str, new: bool | None, turn: str) -> Answer:
        if len(typed) > LONGEST_HEARD:
            return request.end_with(DIAL_AGAIN)
        kept = None if new and not turn else request.take()
        if kept is not None and turn and digest(turn) == kept.digest:
            return Answer(kept.reply, kept.ends)  # a repeat
        if new or (new is None and (kept is None or kept.ends)):
            return request.dialled(typed if new else "", turn)
        if kept is None:
            return request.end_with(DIAL_AGAIN)
        if kept.ends:
            return Answer(kept.reply, True)
        return request.step(kept, typed, turn or f"{kept.length + 1}\0{typed}", kept.length + 1)

    def sms(self, provider: str, message: str, phone: str, text: str) -> Answer:
        """Answer one SMS. Its session is found by the number; `message` (the provider's id) tells a repeat."""
        try:
            return self._sms(provider, message, phone, text)
        except UNAVAILABLE:
            return self.closed()

    def closed(self) -> Answer:
        """The answer while the vault or the database is away and no language is known."""
        return Answer(fold(self.services.words.say(self.services.country.languages[0], AWAY)), True)

    def _sms(self, provider: str, message: str, phone: str, text: str) -> Answer:
        request = Request(self, f"sms:{phone}", phone, request=f"{provider}:{message}")
        kept = request.take()
        if kept is not None:
            request.earlier = [*kept.earlier, kept.digest][-REMEMBERED_SMS:]
            if digest(message) in request.earlier:
                return Answer(kept.reply, kept.ends)  # a repeat, or one that comes late: her talk stays where it is
        keywords = self.services.keywords
        if kept is not None and not kept.ends:
            return request.step(kept, request.keyword_to_key(kept, text), message)
        zone, language = poster(text, keywords, self.services.country.venues)
        if zone:
            return request.joined(zone, language)
        if (word := keywords.meaning(text)) in ("stop", "start"):
            try:
                opt_out(self.services.sessions, self.services.vault, phone, word == "stop")
            except UNAVAILABLE:
                return request.end_with(AWAY, keywords.language(text))
            if word == "stop":
                return request.end_with(NO_MORE, keywords.language(text))
        return request.staff_sms(text) or request.open("sms", message, keywords.language(text))

    def hang_up(self, provider: str, session: str) -> None:
        """Delete the session of a caller who has hung up, with all that she typed (S11)."""
        self.store.drop(self.services.vault.kept_at(f"{provider}:{session}")[0])


class Request:
    """One request of one caller."""

    def __init__(self, talk_sessions: TalkSessions, session: str, phone: str, request: str = "") -> None:
        self.services, self.store = talk_sessions.services, talk_sessions.store
        self.services.wordings.refresh()
        self.session, self.request = session, request
        self.phone = phone
        self.key, self.secret = self.services.vault.kept_at(session)
        self.vault = self.services.vault.of(self.key)
        self.world = World(self.services, phone, self.vault)
        self.lay = self.services.layout
        self.earlier: list[str] = []

    def take(self) -> StoredSession | None:
        """The stored session; None when there is none or it cannot be read."""
        sealed = self.store.get(self.key)
        if sealed is None:
            return None
        try:
            return StoredSession(**marshal.loads(unbox(self.secret, sealed)))  # noqa: S302  (nobody else could have sealed it)
        except (Unsealable, ValueError, TypeError, EOFError):
            return None

    def open(self, flow: str, heard: str, language: str) -> Answer:
        """Begin a talk in a given flow, in the language of its first word if it has one, else of whoever works here."""
        language = language or self.world.caller.own_language
        return self.answer(self.services.flow_set.start(self.world, self.lay, language, flow), heard)

    def joined(self, zone: str, language: str) -> Answer:
        """Answer an SMS with the code of a poster: the number is put on the list of its zone."""
        sealed = self.vault.keep_number(self.phone).hex()
        with self.services.sessions.begin() as db:
            perform(self.work(db, now()), Caller(), JoinNews(zone, sealed, language))
        return self.end_with(JOINED, language)

    def staff_sms(self, text: str) -> Answer | None:
        """Answer an SMS of staff, if it is one that is noted; it can be forged, so it confirms nothing. None for any
        other SMS.
        """
        caller, shared = self.caller(), self.world.caller.is_shared
        effect, language = effect_of(text, self.services.keywords) if caller or shared else (None, "")
        if effect is None:
            return None
        language = language or self.world.caller.own_language
        if shared:  # nobody is taken for another: whoever wrote dials and says who she is
            return self.end_with(SAID["first"], language)
        with self.services.sessions.begin() as db:
            done = perform(self.work(db, now()), Caller(caller), effect)
        return self.end_with(SAID[done.code], language) if done.code in SAID else None

    def keyword_to_key(self, kept: StoredSession, text: str) -> str:
        """The key for which a keyword stands on a page of choices. On a page for free text, words stay as they are."""
        state = state_from_json(kept.state)
        node = (
            self.services.flow_set.flows[state.flow].nodes.get(state.screen)
            if state.flow in self.services.flow_set.flows
            else None
        )
        if isinstance(node, Question | SideEffect):
            return text
        word = self.services.keywords.meaning(text, state.language)
        if word in LEAVE or text.strip() == "#":
            return OUT
        if word == "language":
            return LANGUAGE
        return str(key_of(state.shown.index(word))) if word in ("yes", "no") and word in state.shown else text

    def begin(self, heard: str) -> Answer:
        """Begin a session: a new one, a dial string with answers in it, or a lost session, which is replayed from the
        start.
        """
        language = self.world.caller.own_language
        if heard and (arrived := arrived_of(self.services, self.request_key, heard)):
            return self.end_with(ARRIVED if arrived == heard else NOT_THE_REST, language)
        turn = self.services.flow_set.replay(heard.split("*") if heard else (), self.world, self.lay, language)
        return self.end_with(DIAL_AGAIN, language) if turn is None else self.answer(turn, heard)

    def dialled(self, typed: str, turn: str) -> Answer:
        """Begin a session of a gateway that sends the last answer only, perhaps with answers in the dial string."""
        texts = typed.split("*") if typed else ()
        language = self.world.caller.own_language
        found = self.services.flow_set.replay(texts, self.world, self.lay, language)
        if found is None:
            return self.end_with(DIAL_AGAIN, language)
        return self.answer(found, turn or secrets.token_hex(8), 1)

    def step(self, kept: StoredSession, text: str, heard: str, length: int = 0) -> Answer:
        """Make one step of a running session."""
        state = state_from_json(kept.state)
        self.world.caller.chosen = kept.who
        try:
            turn = self.services.flow_set.step(state, text, self.world, self.lay)
        except UNAVAILABLE:  # a side effect wanted them: a PIN, a report to be opened
            return self.end_with(self.away(state), state.language)
        except Unsealable:  # somebody who was disabled meanwhile
            return self.end_with(DIAL_AGAIN, state.language)
        return self.answer(turn, heard, length)

    def answer(self, turn: Turn, heard: str, length: int = 0) -> Answer:
        """Perform the effects of a turn, store the session, give the page. `length`: requests so far, if no
        text tells.
        """
        if turn.effects:
            try:
                turn = self.commit(turn, heard)
            except Repeated:
                return self.said_to_the_other(heard) or self.end_with(ARRIVED, turn.state.language)
            except UNAVAILABLE:
                return self.end_with(self.away(turn.state), turn.state.language)
            except Unsealable:  # a session of somebody who was disabled meanwhile
                return self.end_with(DIAL_AGAIN, turn.state.language)
        state = {} if turn.ends else state_to_json(turn.state)
        who, heard_so_far = self.world.caller.chosen, (length or len(heard), digest(heard))
        kept = StoredSession(state, *heard_so_far, turn.page.text, turn.ends, self.earlier, who)
        self.store.put(self.key, box(self.secret, marshal.dumps(kept.fields(), FORMAT)), SESSION_LIFE)
        return Answer(turn.page.text, turn.ends)

    def commit(self, turn: Turn, heard: str) -> Turn:
        """Commit the effects and the key of the request in one transaction, then signal the workers. Raises
        `Repeated`.
        """
        at = now()
        tasks: list[str] = []
        came_in = {"key": self.request_key(heard), "at": at - at % DAY}
        try:
            with self.writes(turn.effects, came_in, at) as work:
                caller = Caller(self.caller(), self.is_over_daily_limit(turn.effects, at))
                for effect in turn.effects:
                    done = perform(work, caller, effect)
                    tasks += done.tasks
        except IntegrityError:
            if self.arrived(heard):  # only then may she be told that it arrived
                raise Repeated from None
            raise
        except DBAPIError as error:
            if not is_unanswered(error) or not happened(self.services.engine, INBOUND, came_in):
                raise
        signal_workers(self.services.signal, tasks)
        after = self.services.flow_set.conclude(turn, done.code, done.values, self.world, self.lay)
        return after if self.world.caller.marked or not after.state.carried else self.over(after)

    def over(self, turn: Turn) -> Turn:
        """The talk ends here with *it has arrived*: whoever dials next would stand in it (S8)."""
        screen = Screen(turn.state.flow, "over", ARRIVED, ends=True, back=False)
        language = turn.state.language
        return Turn(State(turn.state.flow, language), screen, self.lay(screen, language, 0))

    @contextmanager
    def writes(self, effects: Sequence[object], came_in: Values, at: int) -> Iterator[Work | FilingWork]:
        """One transaction that begins with inserting the key of the request. Filing gets a plain connection whose write
        lock begins late, so that others who file do not wait for it.
        """
        if all(type(effect) in FILINGS for effect in effects):
            with writing(self.services.engine, lambda line: INSERT_INBOUND.run(line, came_in)) as line:
                yield FilingWork(line, self.vault, self.services.country, at)
        else:
            with self.services.sessions.begin() as db:
                INSERT_INBOUND.run(driver_connection(db), came_in)
                yield self.work(db, at)

    def work(self, db: Session, at: int) -> Work:
        """The context of a service in one transaction."""
        return Work(db, self.vault, self.services.country, at)

    def is_over_daily_limit(self, effects: Sequence[object], at: int) -> bool:
        """Whether this number files more than `MOST_FILED` reports a day: it is not barred, but others are alerted
        first.

        The count is sealed in the session store for a day, and stored nowhere else.
        """
        if not any(type(effect) in FILINGS for effect in effects):
            return False
        day = datetime.fromtimestamp(at, self.services.country.timezone).date().isoformat()
        key, secret = self.services.vault.kept_at(f"filed:{day}:{self.phone}")
        filed = 1
        if sealed := self.store.get(key):
            with suppress(Unsealable, ValueError):
                filed += int(unbox(secret, sealed))
        self.store.put(key, box(secret, str(filed).encode()), DAY)
        return filed > MOST_FILED

    def caller(self) -> str:
        """The id of the member of staff who dials, or empty."""
        caller = self.world.caller
        person = caller.person if caller.works_here else None
        return person.id if person else ""

    def request_key(self, heard: str) -> str:
        return self.services.vault.digest("request", f"{self.request or self.session}|{digest(heard)}")

    def arrived(self, heard: str) -> bool:
        """Whether the effects of this very request were committed before, and only its reply was lost."""
        return arrived_of(self.services, self.request_key, heard, [heard]) == heard

    def said_to_the_other(self, heard: str) -> Answer | None:
        """What was answered to the same request that was committed first; None where that is not known in time."""
        for _moment in range(MOMENTS):
            kept = self.take()
            if kept is not None and kept.digest == digest(heard):
                return Answer(kept.reply, kept.ends)
            time.sleep(A_MOMENT)
        return None

    def away(self, state: State) -> Msg:
        """What is true while the database or the vault is away: a report that she has sent in this talk is there."""
        return NOT_THE_REST if state.carried else AWAY

    def end_with(self, text: Msg, language: str = "") -> Answer:
        """A last page with this text, in her language, or in the country's first one when hers is not known."""
        language = language or self.services.country.languages[0]
        values = {"code": self.services.settings.service_code}
        return Answer(fold(self.services.words.say(language, text, values)), True)


class Repeated(Exception):
    """Another request with the same key was committed first."""


def harmless() -> Sequence[Msg]:
    """The texts with which a talk may end without any flow."""
    return (GOODBYE, DIAL_AGAIN, ARRIVED, NOT_THE_REST, AWAY, NO_MORE)
