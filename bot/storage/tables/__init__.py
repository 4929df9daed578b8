"""All tables: importing one imports all of them, which migrations and foreign keys need."""

__all__ = ["delivery", "meetings", "pairs", "people", "reports", "runtime", "words"]
