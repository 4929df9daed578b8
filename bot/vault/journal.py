"""What a backup of yesterday does not know and must not undo: who wants no more messages, what a woman took back, whom
she excluded, whose phone was lost.

The lines lie in the vault's own folder, not in the database that a backup replaces, and hold digests and ids only. They
are written before the change is committed: a line too many undoes nothing, a line too few could write to somebody who
said stop. They live as long as a report (KEEP_WEEKS), and so long a backup may be restored (ops/runbooks/operating.md).
Each backup leaves a line of its own: what follows it is what it does not know.
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
