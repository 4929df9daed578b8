"""The web application and the commands."""

from __future__ import annotations

from flask import Flask


def create_app() -> Flask:
    """The application that the web server serves."""
    return Flask("ijwi")
