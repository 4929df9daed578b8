"""The machine, in rooms: `pyproject.toml` holds their order, `README.md` says what each is for."""
