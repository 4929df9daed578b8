"""What a command says when something around it is broken: one sentence, and no trace.

Every command goes through `plain` when the application is made, so a new one needs no `try` of its own. A sentence
never holds what the error says of a row, because that may be somebody's number.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from alembic.util import CommandError
from redis import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot import folder
from bot.country.pack import CountryError
from bot.settings import ConfigError
from bot.vault.client import VaultAway, VaultRefused
from bot.vault.sealing import Unsealable

PLAIN = "_says_one_sentence"  # the mark of a callback that was wrapped
DATABASE = "is it running, and does DATABASE_URL name it?"
OF_SQLITE = {  # by the beginning of SQLite's own name of an error
    "SQLITE_READONLY": "The database may not be written: does it belong to this user?",
    "SQLITE_CANTOPEN": "The database file cannot be opened: is it a file, and does it belong to this user?",
    "SQLITE_FULL": "The disk is full, so the database cannot be written. Make room.",
    "SQLITE_BUSY": "Another process has been writing to the database for too long. Try again.",
    "SQLITE_NOTADB": "The database file holds no database. Restore a backup: ops/runbooks/operating.md (Restore).",
    "SQLITE_CORRUPT": "The database file is damaged. Restore a backup: ops/runbooks/operating.md (Restore).",
    "SQLITE_IOERR": "The disk does not answer as it should, so the database cannot be used. Is it full?",
}
SAID = (ConfigError, CountryError, CommandError)  # their own words are sentences


def plain(command: click.Command) -> click.Command:
    """The command, and all below it, made to end with one sentence whatever is broken."""
    for below in getattr(command, "commands", {}).values():
        plain(below)
    if command.callback is not None and not hasattr(command.callback, PLAIN):
        command.callback = _wrapped(command.callback)
    return command


def _wrapped(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def run(*args: Any, **given: Any) -> Any:
        with one_sentence(), only_for_us():
            return callback(*args, **given)

    setattr(run, PLAIN, True)
    return run


@contextmanager
def only_for_us() -> Iterator[None]:
    """Meanwhile what is written can be read by this user only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turns every exception into a sentence on stderr and exit code 1. With LOG_LEVEL=DEBUG one that is a fault of ours
    comes with its trace."""
    try:
        yield
    except (click.UsageError, click.exceptions.Exit, click.Abort):
        raise
    except click.ClickException as refused:
        if (sentence := folder.typed(refused.message, _command())) == refused.message:
            raise
        raise click.ClickException(sentence) from None
    except Exception as error:  # the one place that catches all, so that no command ends in a trace
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise  # whoever read has read enough, like `| head`: click ends quietly
        sentence = sentence_for(error)
        if not sentence and os.environ.get("LOG_LEVEL") == "DEBUG":
            raise
        raise click.ClickException(folder.typed(sentence or _ours(error), _command())) from None


def sentence_for(error: Exception) -> str:
    """What is broken and what to do; empty for an error that only a fault in this program explains."""
    if isinstance(error, SAID):
        return str(error)
    if isinstance(error, VaultAway):
        return f"The vault does not answer: is it running, and does VAULT_SOCKET name its socket? {_more()}"
    if isinstance(error, VaultRefused | Unsealable):
        return f"The vault cannot open what is stored here: is it the vault of this installation? {_more()}"
    if isinstance(error, RedisError):
        return "The store does not answer: is it running, and does REDIS_URL name it? Nothing that was told is lost."
    if isinstance(error, SQLAlchemyError | sqlite3.Error):
        return _of_database(error)
    if isinstance(error, UnicodeError):
        return "A file is no UTF-8 text. Save it as UTF-8."
    return _of_system(error) if isinstance(error, OSError) else ""


def _of_database(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    named = str(getattr(cause, "sqlite_errorname", ""))
    for beginning, sentence in OF_SQLITE.items():
        if named.startswith(beginning):
            return sentence
    kind = type(cause).__name__
    if named == "SQLITE_ERROR" or kind in ("UndefinedTable", "UndefinedColumn"):
        return f"The database lacks tables of this release. Right: {folder.line('migrate')}"
    if isinstance(error, DBAPIError) and kind in ("OperationalError", "InterfaceError", "ConnectionTimeout"):
        return f"The database does not answer: {DATABASE}"
    return f"The database refused ({kind}): {DATABASE} {_more()}"


def _more() -> str:
    return f"More: {folder.line('doctor')}"


def _of_system(error: OSError) -> str:
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{why}: {error.filename}." if error.filename else f"{why}."


def _ours(error: Exception) -> str:
    right = folder.line()
    return f"This is a fault of Ijwi ({type(error).__name__}), not of yours. For its trace: LOG_LEVEL=DEBUG {right}"


def _command() -> str:
    """The names of the command that was typed, without its arguments."""
    context, names = click.get_current_context(silent=True), []
    while context is not None and context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names)) or folder.COMMAND
