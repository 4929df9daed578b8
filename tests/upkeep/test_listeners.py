"""Who listens beside the web answers a part of the callers: the process is found, whoever owns it."""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from bot.upkeep import listeners as listening
from bot.upkeep.listeners import Listener, beside, listeners

linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  4242        0 777 1 0 100 0 0 10 0
   1: 0100007F:1F40 0100007F:C001 01 00000000:00000000 00:00000000 00000000  4242        0 778 1 0 100 0 0 10 0
"""


def at(host: str, inode: str = "1", port: int = 8000) -> Listener:
    return Listener(ip_address(host), port, 0, inode)


MEET = [
    ("127.0.0.1", "127.0.0.1", True),
    ("127.0.0.1", "0.0.0.0", True),
    ("0.0.0.0", "10.0.0.1", True),
    ("127.0.0.1", "10.0.0.1", False),
    ("127.0.0.1", "::", True),  # which takes both kinds of callers, unless it was told not to
    ("0.0.0.0", "::", True),
    ("127.0.0.1", "::1", False),
    ("::1", "0.0.0.0", False),
    ("::1", "::", True),
]


@pytest.mark.parametrize(("ours", "other", "meet"), MEET)
def test_another_gets_callers_of_ours_on_the_same_address_or_on_all(ours: str, other: str, meet: bool) -> None:
    assert bool(beside([at(ours)], [at(ours), at(other, "2")])) == meet
    assert bool(beside([at(other)], [at(ours, "2")])) == meet
    assert not beside([at(ours)], [at(other, "2", port=8001)])


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"])
def test_a_listener_is_found_with_its_process(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("this machine does not know such addresses")
    with server:
        (found,) = listeners(server.getsockname()[1])
    assert found.pids == (os.getpid(),)
    assert str(found.host) == host.removeprefix("::ffff:")
    assert found.advice == f"kill {os.getpid()}"


def test_a_process_of_another_user_is_noticed_though_its_number_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(TCP)
    monkeypatch.setattr(listening, "PROC", tmp_path)
    (found,) = listeners()
    assert (str(found), found.port, str(found.host)) == ("a process of user 4242", 8000, "127.0.0.1")
    assert found.advice == "sudo ss -ltnp 'sport = :8000' names it"
    assert beside([at("0.0.0.0")], [found]) == [found]


def test_where_there_is_no_proc_nobody_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PROC", tmp_path)
    assert listeners() == []
    assert not listening.server_of(os.getpid())
