"""Providers and gateways: one file each, and the list of them in `registry`."""
