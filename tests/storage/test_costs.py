"""What a step may cost: two round trips to the store while she talks, one transaction when she files."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import event, func, select

from bot.conversation.engine import FlowSet
from bot.phone.sessions import TalkSessions
from bot.storage.tables.runtime import Talk
from tests.support.keys import ASK_POLICE, NOW, SAY_MORE, SEND_NOW, TO_HELPERS
from tests.support.office import CALLER, Caller, Office
from tests.support.valkey import store

pytestmark = pytest.mark.office(session_url="{valkey}")


def commands(redis: Redis) -> int:
    """How many commands the store has been asked for, this question not counted."""
    info = redis.info("commandstats")
    assert isinstance(info, dict)
    return sum(stats["calls"] for name, stats in info.items() if name in {"cmdstat_get", "cmdstat_set", "cmdstat_del"})


def begun(office: Office) -> list[str]:
    """The transactions that begin from now on: each takes a connection."""
    seen: list[str] = []
    event.listen(office.services.engine, "checkout", lambda connection, record, proxy: seen.append("begin"))
    return seen


@pytest.mark.usefixtures("talks_in_the_store")
def test_a_step_that_only_talks_asks_the_store_twice_and_the_database_never(office: Office) -> None:
    caller = Caller(office.talk_sessions, "ATUid_1", CALLER)
    caller.says("3")
    with Redis.from_url(office.settings.session_url) as redis:
        transactions, before = begun(office), commands(redis)
        caller.says("3")
        assert commands(redis) - before == 2
    assert transactions == []


@pytest.mark.usefixtures("talks_in_the_store")
def test_the_step_that_files_is_one_transaction(office: Office) -> None:
    caller = Caller(office.talk_sessions, "ATUid_2", CALLER)
    caller.says(*TO_HELPERS, *ASK_POLICE)
    transactions = begun(office)
    assert "It arrived." in caller.says(SEND_NOW)
    assert transactions == ["begin"]
    assert caller.says(SAY_MORE, NOW).startswith("Kept.")
    assert transactions == ["begin", "begin"]


def test_a_store_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with store(tmp_path / "data") as url:
        office = Office(tmp_path, session_url=url)
        office.talk_sessions = TalkSessions(office.services, office.services.session_store)
        caller = Caller(office.talk_sessions, "ATUid_3", CALLER)
        caller.says("3")
    with store(tmp_path / "data"):
        assert caller.says("3").startswith("Women's group (demo).")
    office.services.engine.dispose()


def test_what_the_store_took_without_a_word_before_it_died_is_found_in_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    with store(tmp_path / "data") as url:
        office = Office(tmp_path, session_url=url)
        office.talk_sessions = TalkSessions(office.services, office.services.session_store)
        caller = Caller(office.talk_sessions, "ATUid_4", CALLER)
        caller.says("3")
    monkeypatch.setattr(FlowSet, "replay", lambda *given: pytest.fail("it was asked to replay"))
    assert caller.says("3").startswith("Women's group (demo).")
    with office.services.reads() as db:
        assert db.scalar(select(func.count()).select_from(Talk)) == 1
    office.services.engine.dispose()
