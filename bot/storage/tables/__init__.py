"""The whole schema: whoever imports one table knows all of them, as migrations and foreign keys need it."""

from bot.storage.tables import delivery, meetings, people, reports, runtime

__all__ = ["delivery", "meetings", "people", "reports", "runtime"]
