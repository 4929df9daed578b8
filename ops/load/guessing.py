"""Compares the time of a wrong PIN for a code that exists and for one that does not: the ratio must be near one, or
codes could be guessed by time.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bot.conversation import answers
from bot.vault.vault import Vault

TRIES = 60


def guessing() -> float:
    """Print and give the ratio of the median times of a wrong PIN for a live and for a dead code, interleaved."""
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder))
        alive: list[float] = []
        dead: list[float] = []
        for one in range(TRIES):  # new codes and callers, or the counts of tries would stop us; each goes first in turn
            new = vault.issued(vault.issue("5293").handle)
            pair = [(new.code, new.public, alive), (answers.new_code(), b"", dead)]
            for code, key, times in pair if one % 2 else pair[::-1]:
                began = time.perf_counter()
                vault.try_receipt(code, "0000", key, f"somebody {one}")
                times.append(time.perf_counter() - began)
    ratio = statistics.median(alive) / statistics.median(dead)
    print(f"a wrong PIN            {ratio:5.2f} of a dead code's time for a live one "
          f"({statistics.median(alive) * 1e3:.0f} against {statistics.median(dead) * 1e3:.0f} ms)")  # fmt: skip
    return ratio
