"""Many women dial at once, on a slow store: nobody reads or fills another's page, and no answer is lost."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from bot.phone.sessions import TalkSessions
from bot.storage.session_store import MemoryStore
from bot.storage.tables.reports import Report
from bot.storage.tables.runtime import Inbound
from tests.support.keys import DONE, ME, NOW, READ_WHAT_TO_DO, SAY_MORE, SEND_NOW, SKIP
from tests.support.office import Caller, Office

CALLERS = 64
LEAST_PAGES = 8


class SlowStore:
    """A store whose every reading and writing takes between nothing and 5 ms."""

    def __init__(self) -> None:
        self.inner, self.random = MemoryStore(), random.Random(7)

    def get(self, key: str) -> bytes | None:
        self._wait()
        return self.inner.get(key)

    def put(self, key: str, sealed: bytes, life: int) -> None:
        self._wait()
        self.inner.put(key, sealed, life)

    def drop(self, key: str) -> None:
        self._wait()
        self.inner.drop(key)

    def sweep(self) -> None:
        self.inner.sweep()

    def _wait(self) -> None:
        time.sleep(self.random.uniform(0, 0.005))


def keys_of(number: int) -> list[str]:
    """What caller `number` answers: six bits of her number choose, so that no two of the 64 talk alike."""
    one_or_two = [str(1 + (number >> bit & 1)) for bit in range(6)]
    who, zone, when, near, wish, talk = one_or_two
    turn = ["99", "3"] if number % 3 == 0 else []  # some turn to the languages and come back
    first = ["3", "3", *turn, "2", ME if who == "1" else SKIP, "1", zone, talk, SEND_NOW]
    told_when = [when, READ_WHAT_TO_DO] if when == NOW else [when]
    return [*first, SAY_MORE, *told_when, near, wish, f"ubutumwa {number} *neza*", DONE]


def talk(talk_sessions: TalkSessions, number: int, day: str) -> list[str]:
    """Every page that this caller reads, until her report has arrived."""
    caller = Caller(talk_sessions, f"{day}-{number}", f"+2577910{number:04}")
    return [caller.sees, *(caller.says(key) for key in keys_of(number))]


def at_once(office: Office) -> tuple[list[list[str]], SlowStore]:
    store, start = SlowStore(), threading.Barrier(CALLERS)
    talk_sessions = TalkSessions(office.services, store)

    def one(number: int) -> list[str]:
        start.wait()
        return talk(talk_sessions, number, "together")

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(one, range(CALLERS))), store


def test_64_callers_at_once_each_read_what_they_read_when_they_talk_alone(office: Office) -> None:
    together, store = at_once(office)
    alone = [talk(TalkSessions(office.services, MemoryStore()), number, "alone") for number in range(CALLERS)]
    crossed = [number for number in range(CALLERS) if together[number] != alone[number]]
    assert crossed == []
    assert all(len(set(pages)) >= LEAST_PAGES for pages in together)
    assert len({tuple(keys_of(number)) for number in range(CALLERS)}) == CALLERS
    assert len(store.inner.kept) == 2 * CALLERS  # the talk of each, and how many reports her number has filed


def test_the_reports_of_64_callers_at_once_all_arrive_each_once(office: Office) -> None:
    together, _store = at_once(office)
    assert all(pages[-1].startswith("Thank you. It arrived.") for pages in together)
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Report)) == CALLERS
        assert db.scalar(select(func.count()).select_from(Inbound)) == 6 * CALLERS  # the sending, four answers, done
        zones = [row[1] for row in db.execute(select(Report.zone, func.count()).group_by(Report.zone))]
    assert zones == [CALLERS // 2, CALLERS // 2]
