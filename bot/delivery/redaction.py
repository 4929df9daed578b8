"""Erase the words of messages at the provider too, where it can be asked to (S35): her SMS when it was answered, the
service's own when it is final and the account may not ask for that when it sends.

The task holds the provider's name and, sealed to the sender, its id of the message: whoever has the tables must not
find a number with it in the provider's own list. `workers.redact` does it.
"""

from __future__ import annotations

import contextlib
import re

from sqlalchemy.exc import IntegrityError

from bot.delivery.attempts import kept_id
from bot.storage import outbox
from bot.storage.outbox import SessionFactory
from bot.vault.vault import Vault

ID = re.compile(r"[A-Za-z0-9-]{1,64}")
LATER = 60  # seconds until it is asked: a message that is still on its way cannot be changed


def ask(sessions: SessionFactory, vault: Vault, provider: str, message: str, at: int) -> None:
    """Post the task that erases a message at its provider, once; nothing for an id that no provider has.

    Raises what the database raises when it is away.
    """
    if not ID.fullmatch(message):
        return
    args = {"provider": provider, "message": vault.seal_to_sender(message).hex()}
    key = f"redact:{kept_id(vault, message)}"
    with contextlib.suppress(IntegrityError), sessions.begin() as db:
        outbox.post(db, outbox.task(key, outbox.TaskName.REDACT, args, at + LATER, outbox.REMINDER))
