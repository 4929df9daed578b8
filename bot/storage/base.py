"""What all tables share. Times are whole seconds since 1970 in UTC; ids are random and do not show an order."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
Seconds = Annotated[int, mapped_column(BigInteger)]  # since 1970, UTC; 32 bits end in 2038


def random_id() -> str:
    """20 hex digits (80 random bits): nobody can guess an id, and it shows neither order nor time."""
    return secrets.token_hex(10)


def hour_of(at: int) -> int:
    """The first second of the hour in which a second lies: as fine as a time is kept that may come from a caller."""
    return at - at % 3600


class Base(DeclarativeBase):
    """The base class of all tables. Constraints have fixed names, by which migrations find them on every database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {bytes: LargeBinary, dict[str, Any]: JSON, str: String(255)}
