"""The callers' door: USSD and SMS in, a page or an answer out; an action becomes one call of a service."""
