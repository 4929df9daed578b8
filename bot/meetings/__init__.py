"""A meeting: planned, called, signed, announced, attended, counted; and who hears of it."""
