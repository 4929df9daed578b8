"""Who can open what; a process of its own in production."""
