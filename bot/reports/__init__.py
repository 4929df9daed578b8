"""A report: filed, routed, read, answered, given on, erased, counted."""
