"""Numbers as keys: which one a row of a list has, and which one she typed.

Numbers go on from page to page, in every list, so that a key never means another row than the one before which she
read it; no row has the number of a key that is the same everywhere (decision 050).
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.nodes import LANGUAGE, MORE

NO_ROWS_KEYS = (int(MORE), int(LANGUAGE))


def key_of(place: int) -> int:
    """The number of the row at a place of a list, counted from 0: 1 to 8, then 10, since 9 is *more*."""
    return next(key for key in range(place + 1, place + 2 + len(NO_ROWS_KEYS)) if place_of(key) == place)


def place_of(key: int) -> int:
    """The place of the row that has this number; -1 where no row may have it."""
    return -1 if key in NO_ROWS_KEYS else key - 1 - sum(key > other for other in NO_ROWS_KEYS)


def row_behind(text: str, shown: Sequence[str]) -> str | None:
    """The value of the row whose number she typed; None where no row has it. Beyond 98 numbers have three digits."""
    longest = max(2, len(str(key_of(len(shown) - 1)))) if shown else 0
    place = place_of(int(text)) if text.isdecimal() and len(text) <= longest else -1
    return shown[place] if 0 <= place < len(shown) else None


def digits(text: str) -> int | None:
    """The number she typed, in any script's digits (१२३ too); None when it is no number of at most two digits."""
    return int(text) if text.isdecimal() and len(text) <= 2 else None


def typed_key(text: str) -> str:
    """A typed number of at most two digits in western digits; empty when the text is anything else."""
    return "".join(str(int(c)) for c in text) if digits(text) is not None else ""
