"""The journal that is replayed after a restore: opt-outs, erasures, exclusions and disabled staff since the backup.

Restoring a backup must not undo these. The lines are files of the vault, not rows of the database that a backup
replaces, and hold digests and ids only. A line is written before its change is committed: a line without its change
does no harm, a change without its line could send a message to somebody who opted out. Lines are kept as long as a
report (KEEP_WEEKS), and a backup may be restored for that long (ops/runbooks/operating.md). Each backup writes a line
too: what follows it is to be replayed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.vault.vault import Vault

OUT, IN, LEFT, JOINED = "out", "in", "left", "joined"  # a number's digest follows
BACKUP = "backup"  # its id
ERASED, EXCLUDED = "erased", "excluded"  # a report's id; and whom
DISABLED, REVOKED = "disabled", "revoked"  # a person's id


def append(vault: Vault, at: int, verb: str, *ids: str) -> None:
    """One more line, on disk before this returns. Raises what the vault raises when it is away."""
    year, week, _day = datetime.fromtimestamp(at, UTC).isocalendar()
    vault.remember(f"{year}-W{week:02d}", " ".join([verb, *ids]))
