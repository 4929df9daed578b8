"""The store's machine dies and another takes over: whoever is in the middle of a talk goes on, and hears nothing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from bot.models import Report
from bot.store import RedisStore, Rows, client
from bot.talk import Talker
from bot.wiring import doorbell, nudger
from ops.load.running import free_port
from ops.start import valkey
from tests.office import Caller, Office
from tests.webhooks.doors import count

DOWN = 300  # milliseconds of silence after which a master is taken for dead


def eventually(holds: object, seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if holds():  # type: ignore[operator]
                return
        except RedisError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about")


class Stores:
    """A master, a replica and one sentinel."""

    def __init__(self, folder: Path) -> None:
        self.master, self.replica, self.sentinel = free_port(), free_port(), free_port()
        self.servers = [self.server(folder / "a", self.master)]
        self.servers.append(self.server(folder / "b", self.replica, "--replicaof", "127.0.0.1", str(self.master)))
        eventually(lambda: self.info(self.replica).get("master_link_status") == "up")
        conf = folder / "sentinel.conf"
        conf.write_text(
            f"port {self.sentinel}\nbind 127.0.0.1\nsentinel monitor ijwi 127.0.0.1 {self.master} 1\n"
            f"sentinel down-after-milliseconds ijwi {DOWN}\nsentinel failover-timeout ijwi 2000\n"
        )
        self.servers.append(self.start(valkey(), str(conf), "--sentinel"))
        eventually(lambda: self.info(self.sentinel).get("master0", {}).get("slaves") == 1)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def server(self, folder: Path, port: int, *more: str) -> subprocess.Popen[bytes]:
        folder.mkdir()
        known = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--repl-diskless-sync-delay", "0")
        started = self.start(valkey(), *known, *more)
        eventually(lambda: self.info(port))
        return started

    def info(self, port: int) -> dict[str, Any]:
        with Redis(port=port, socket_timeout=1) as asked:
            told: dict[str, Any] = asked.info()
            return told

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.sentinel}/ijwi"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    stores = Stores(tmp_path)
    yield stores
    for server in stores.servers:
        server.kill()
        server.wait()


def test_the_stores_machine_dies_in_the_middle_of_her_talk_and_she_goes_on(office: Office, stores: Stores) -> None:
    redis = doorbell(stores.url)
    wiring = replace(office.wiring, redis=redis, bell=nudger(redis))
    talker = Talker(wiring, RedisStore(redis, Rows(wiring.sessions)))
    callers = [Caller(talker, f"s{number}", f"+2577912{number:04d}") for number in range(20)]
    for caller in callers:
        caller.says("3", "3")
    stores.servers[0].kill()
    for caller in callers[:10]:  # while nobody is master: the talks are in the database, or are replayed
        assert caller.says("2", "1") not in ("", "END")
    eventually(lambda: stores.info(stores.replica)["role"] == "master")
    eventually(lambda: redis.set("x", "1"))
    for number, caller in enumerate(callers):
        caller.says(*(("1", "1", "1") if number < 10 else ("2", "1", "1", "1", "1")), "1", "1")
        assert caller.answer.ends
        assert caller.sees.startswith("Thank you. It arrived.")
    assert count(office, Report) == 20


@pytest.mark.parametrize("url", ["redis+sentinel://h:1", "redis+sentinel://h/ijwi", "redis+sentinel:///ijwi"])
def test_an_address_that_names_no_sentinel_or_no_master_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a URL like"):
        client(url)
