"""Talks in memory that the processes of one machine share: read by all of them, over in time, on no disk."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from bot.phone.sessions import TalkSessions
from bot.storage import session_store
from bot.storage.session_store import SharedStore, shared_memory
from bot.storage.tables.runtime import Talk
from tests.support.keys import TO_LIMITS
from tests.support.office import CALLER, Caller, Office

SPAWN = multiprocessing.get_context("spawn")
KEYS = [f"{number:02d}" for number in range(20)]


def write_for_ever(folder: Path) -> None:
    """Another process of this machine, until it is killed."""
    there, number = SharedStore(folder, session_store.MemoryStore()), 0
    while True:
        number += 1
        for key in KEYS:
            there.put(key, b"%d:" % number + key.encode() * 400, 600)


def rows(office: Office) -> int | None:
    with office.services.reads() as db:
        return db.scalar(select(func.count()).select_from(Talk))


def test_her_next_page_comes_from_another_process_of_the_machine(shared: SharedStore) -> None:
    writer = SPAWN.Process(target=write_for_ever, args=(shared.folder,))
    writer.start()
    while not (found := shared.get(KEYS[-1])):
        pass
    writer.kill()
    writer.join()
    assert found.endswith(KEYS[-1].encode() * 400)


def test_all_threads_of_a_process_share_one_memory_whoever_comes_first(shared: SharedStore) -> None:
    together = threading.Barrier(16)

    def first(_number: int) -> int:
        together.wait()
        return id(shared_memory(shared.folder))

    with ThreadPoolExecutor(16) as pool:
        assert len({*pool.map(first, range(16))}) == 1


def test_a_process_that_is_killed_while_it_writes_leaves_no_half_page(shared: SharedStore) -> None:
    for _attempt in range(5):
        writer = SPAWN.Process(target=write_for_ever, args=(shared.folder,))
        before = shared.get(KEYS[-1])
        writer.start()
        while shared.get(KEYS[-1]) == before:
            pass
        writer.kill()
        writer.join()
        for key in KEYS:
            assert (shared.get(key) or b"").partition(b":")[2] == key.encode() * 400
        shared.put("mine", b"here", 600)  # and its lock does not stay locked
        assert shared.get("mine") == b"here"


def test_ten_minutes_after_her_last_page_nothing_is_left_of_a_talk(shared: SharedStore) -> None:
    with time_machine.travel("2026-11-25 10:00:00", tick=False) as clock:
        shared.put("a", b"first page", 600)
        clock.shift(400)
        shared.put("a", b"second page", 600)
        shared.put("b", b"another", 600)
        shared.drop("b")
        clock.shift(400)
        shared.sweep()
        assert shared.get("a") == b"second page"
        assert shared.get("b") is None
        clock.shift(200)
        assert shared.get("a") is None
        shared.sweep()
    assert shared_memory(shared.folder).stat()["entries"] == 0


def test_of_many_talks_each_is_swept_in_its_turn(shared: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_store, "MOST_SWEPT", 7)
    with time_machine.travel("2026-11-25 10:00:00", tick=False) as clock:
        for number in range(50):
            shared.put(f"old {number:02}", b"page", 600)
        clock.shift(300)
        for number in range(50):
            shared.put(f"new {number:02}", b"page", 600)
        clock.shift(400)
        for _second in range(100 // 7 + 1):
            shared.sweep()
        assert shared_memory(shared.folder).stat()["entries"] == 50
        assert all(shared.get(f"new {number:02}") == b"page" for number in range(50))
        clock.shift(300)
        for _second in range(50 // 7 + 2):
            shared.sweep()
    assert shared_memory(shared.folder).stat()["entries"] == 0


def test_where_memory_is_full_her_talk_goes_on_in_the_database(
    shared: SharedStore, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_store, "SHARED", 64 << 10)
    caller = Caller(TalkSessions(office.services, shared), "s", CALLER)
    for number in range(20):
        shared.put(f"other {number}", bytes(4000), 600)
    assert rows(office)
    assert caller.says(*TO_LIMITS).startswith("Women's group (demo).")


def test_a_folder_that_somebody_else_can_enter_is_not_used(shared: SharedStore, office: Office) -> None:
    shared.folder.mkdir(mode=0o700)
    shared.folder.chmod(0o777)
    shared.put("a", b"page", 600)
    assert [*shared.folder.iterdir()] == []
    assert shared.get("a") == b"page"
    assert rows(office) == 1
    shared.folder.chmod(0o700)


def test_nothing_of_a_talk_lies_on_a_disk(shared: SharedStore, office: Office) -> None:
    if not Path("/dev/shm").is_dir():
        pytest.skip("this system has no memory file system")
    caller = Caller(TalkSessions(office.services, shared), "s", CALLER)
    caller.says(*TO_LIMITS)
    mounted = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    lies = max((where for _what, where, *_rest in mounted if shared.folder.is_relative_to(where)), key=len)
    assert next(kind for _what, where, kind, *_rest in mounted if where == lies) == "tmpfs"
    assert rows(office) == 0
