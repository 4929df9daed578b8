"""The whole schema: whoever imports one table knows all of them, as migrations and foreign keys need it."""

__all__ = ["delivery", "meetings", "people", "reports", "runtime"]
