"""Whether a transaction has happened whose COMMIT was never answered, because the database died or the line broke.

"Nothing was sent" was said then, and the report was there: she dialled again, and it was filed twice.
"""

from __future__ import annotations

import time

from sqlalchemy import Engine, Table, insert
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from bot.storage.prepared import COMMIT, Values

PATIENCE = 4.0  # seconds: a database that was killed is back in one or two, and a gateway hangs up after ten


def is_unanswered(error: DBAPIError) -> bool:
    """Whether it was the COMMIT that failed: any earlier statement leaves nothing behind."""
    return error.statement == COMMIT


def happened(engine: Engine, table: Table, row: Values, patience: float = PATIENCE) -> bool:
    """Whether a row of that transaction, with a unique key, is there. False where nobody can be asked for so long.

    The row is inserted once more and taken back: that waits for a transaction which is still on its way, as reading
    would not.
    """
    until = time.monotonic() + patience
    while True:
        try:
            with engine.connect() as line:
                line.execute(insert(table).values(row))
                line.rollback()
                return False
        except IntegrityError:
            return True
        except SQLAlchemyError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.2)
