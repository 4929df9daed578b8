"""What a provider keeps of her words is erased there too, where it lets us (S35): her SMS when it was answered, ours
when it is final, if the account may not ask for that beforehand.

The task holds the provider's own id of the message and nothing else; `workers.redact` does it.
"""

from __future__ import annotations

import contextlib
import re

from sqlalchemy.exc import IntegrityError

from bot.storage import outbox
from bot.storage.outbox import SessionFactory

ID = re.compile(r"[A-Za-z0-9-]{1,64}")
LATER = 60  # seconds: a message that is still on its way cannot be changed


def ask(sessions: SessionFactory, provider: str, message: str, at: int) -> None:
    """Have a message erased at its provider, once. Raises what the database raises when it is away."""
    if not ID.fullmatch(message):
        return
    args = {"provider": provider, "message": message}
    with contextlib.suppress(IntegrityError), sessions.begin() as db:
        key = f"redact:{provider}:{message}"
        outbox.post(db, outbox.task(key, outbox.TaskName.REDACT, args, at + LATER, outbox.REMINDER))
