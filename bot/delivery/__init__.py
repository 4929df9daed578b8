"""From the outbox to a provider: which one, every attempt, what became of it, what it cost."""
