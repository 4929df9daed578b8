"""Where talks are kept, and a record with rows in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.phone.sessions import TalkSessions
from bot.settings import memory_of
from bot.storage.session_store import Rows, SharedStore, environment, shared_memory
from ops.load.machines import Stores
from tests.support.keys import MY_FIRST_TASK, REPLY_GO_TO_A_DOCTOR
from tests.support.office import Office
from tests.support.reports import dial_as_champion, erases, file_report_that_is_taken, open_receipt


@pytest.fixture
def talks_in_the_store(office: Office) -> None:
    """Talks are kept where the settings say, not in the memory of the test."""
    office.talk_sessions = TalkSessions(office.services, office.services.session_store)


@pytest.fixture
def told_answered_and_erased(office: Office) -> None:
    """A woman told, a champion took and answered, the woman erased."""
    code = file_report_that_is_taken(office)
    dial_as_champion(office, "c2").says(*MY_FIRST_TASK, *REPLY_GO_TO_A_DOCTOR)
    erases(open_receipt(office, code))


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    """A store, its replica and three sentinels."""
    with Stores(tmp_path) as stores:
        yield stores


@pytest.fixture
def shared(office: Office) -> Iterator[SharedStore]:
    folder = memory_of(office.settings.data_dir)
    shared = SharedStore(folder, Rows(office.services.sessions))
    yield shared
    shared_memory(folder).close()
    environment.cache_clear()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
