"""Nothing of hers goes anywhere but to the providers that were chosen (S95): who may open a connection at all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.settings import ROOT

SPEAK = frozenset({
    "requests", "urllib", "urllib3", "http", "httpx", "aiohttp", "socket", "socketserver", "ssl", "smtplib", "ftplib",
    "telnetlib", "xmlrpc", "twilio", "africastalking", "redis", "asyncio", "websockets", "grpc", "boto3",
})  # fmt: skip
ALLOWED = {  # module of the service: what it may speak with, and why
    "bot/channels/africastalking.py": {"requests", "africastalking"},
    "bot/channels/twilio.py": {"requests", "twilio"},
    "bot/channels/kannel.py": {"requests"},
    "bot/channels/network.py": {"requests", "urllib3"},
    "bot/storage/redis.py": {"redis"},
    "bot/storage/session_store.py": {"redis"},
    "bot/commands/sentences.py": {"redis"},  # the name of its error
    "bot/services.py": {"redis"},
    "bot/simulator/__init__.py": {"twilio"},  # it signs as Twilio does
    "bot/vault/client.py": {"socket"},
    "bot/vault/server.py": {"socketserver"},
    "workers/clock.py": {"redis"},
    "workers/run.py": {"redis"},
}
MODULES = sorted(path for part in ("bot", "flows", "workers") for path in (ROOT / part).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The packages that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and node.module != "urllib.parse":
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_who_must_speaks_with_other_machines(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    assert imported(path) & SPEAK <= ALLOWED.get(name, set())


def test_nothing_is_allowed_that_nobody_needs() -> None:
    assert {name: imported(ROOT / name) & SPEAK for name in ALLOWED} == ALLOWED
