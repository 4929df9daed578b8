"""Whether what a request asks for was committed before, in this talk that the store has lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.services import Services
from bot.storage.tables.runtime import Inbound

MOST_ANSWERS = 200  # answers of one talk among which a filing is looked for


def arrived_since(services: Services, key_of: Callable[[str], str], heard: str, length: int) -> str:
    """The same of what was typed after the first `length` characters, the last answer left out: the store has kept a
    page older than a sending. What she writes with a star on one page is no sending, and nothing is found.
    """
    later = [place for place, sign in enumerate(heard) if sign == "*" and place > length][:MOST_ANSWERS]
    return arrived_of(services, key_of, heard, [heard[:end] for end in later])


def arrived_of(
    services: Services, key_of: Callable[[str], str], heard: str, beginnings: Sequence[str] | None = None
) -> str:
    """The longest beginning of what was typed, up to a star or its end, that is the request of a committed effect;
    empty when none is, or while the database is away. A talk that was lost after its report was filed is known by it,
    and never files twice. `key_of` gives the key of a request; `beginnings` are others than all of them.
    """
    ends = [place for place, sign in enumerate(heard) if sign == "*"][:MOST_ANSWERS]
    asked = [heard[:end] for end in (*ends, len(heard)) if end] if beginnings is None else beginnings
    begun = {key_of(one): one for one in asked}
    try:
        with services.reads() as db:
            found = db.scalars(select(Inbound.key).where(Inbound.key.in_([*begun]))).all()
    except SQLAlchemyError:
        return ""
    return max((begun[key] for key in found), key=len, default="")
