"""A text marked for translation, and the values that it shows. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping

Values = Mapping[str, object]  # str, Msg, or a tuple of them, read one after the other


class Msg(str):
    """A text marked for translation; `key` is its context in the catalogue. Only `_` makes one."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, key: str, text: str) -> Msg:
        message = super().__new__(cls, text)
        message.key = key
        return message


class Said(Msg):
    """A sentence with the values that it shows."""

    __slots__ = ("values",)
    values: Values

    def __new__(cls, text: Msg, values: Values) -> Said:
        said = str.__new__(cls, text)
        said.key, said.values = text.key, values
        return said


def _(key: str, text: str) -> Msg:
    """Mark `text` (English) for translation under `key`; both must be literals, or `pybabel extract` misses them."""
    return Msg(key, text)
