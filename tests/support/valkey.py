"""A Valkey of one's own for a test, with the settings of production."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from bot.settings import ROOT
from ops.start import valkey


@contextmanager
def store(folder: Path) -> Iterator[str]:
    """The URL of a running server whose data lie in `folder`."""
    socket = folder / "store.sock"
    command = [valkey(), str(ROOT / "ops" / "valkey.conf"), "--dir", str(folder), "--unixsocket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"unix://{socket}"
        for _ in range(100):
            try:
                with Redis.from_url(url) as client:
                    client.ping()
                break
            except RedisError:
                time.sleep(0.05)
        try:
            yield url
        finally:
            server.terminate()
