"""Settings, read in one place. All that is missing or contradictory is said at once, before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 16  # characters: 96 bits in base64url


class ConfigError(Exception):
    """What has to be set before Ijwi can start, one line a setting."""


class Settings(BaseSettings):
    """The environment (design 9). Times are seconds, in UTC."""

    mode: Literal["demo", "production"] = "demo"
    database_url: str = ""
    redis_url: str = "redis://127.0.0.1:6379/0"
    data_dir: Path = ROOT / "var"
    vault_socket: str = ""
    public_base_url: str = "http://127.0.0.1:8000"
    country: str = "bi"
    service_code: str = "*384*55#"
    secret_key: SecretStr = SecretStr("")
    at_username: str = ""
    at_api_key: SecretStr = SecretStr("")
    at_base_url: str = ""
    at_sender: str = ""
    at_callback_secret: SecretStr = SecretStr("")
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_base_url: str = ""
    twilio_sender: str = ""
    sms_providers: str = "africastalking"
    allow_draft: bool = False
    log_level: str = "INFO"
    provider_timeout: float = 9.0

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Everything that the enabled providers need is there."""
        missing = [name for name in self.needed() if not _text(getattr(self, name))]
        short = [n for n in ("secret_key", "at_callback_secret") if 0 < len(_text(getattr(self, n))) < SHORTEST_SECRET]
        lines = [f"{name.upper()} is not set. Example: {name.upper()}={EXAMPLES.get(name, '...')}" for name in missing]
        lines += [f"{name.upper()} is shorter than {SHORTEST_SECRET} characters." for name in short]
        lines += [
            f"SMS_PROVIDERS names {p!r}; known: {', '.join(PROVIDERS)}." for p in self.providers if p not in PROVIDERS
        ]
        if lines:
            raise ValueError("\n".join(lines))
        if not self.database_url:
            self.database_url = f"sqlite:///{self.data_dir / 'ijwi.sqlite'}"
        return self

    def needed(self) -> list[str]:
        """The settings without which this choice of providers cannot work."""
        at = ["at_username", "at_api_key", "at_callback_secret"] if "africastalking" in self.providers else []
        sid = ["twilio_account_sid", "twilio_auth_token", "twilio_sender"] if "twilio" in self.providers else []
        return ["secret_key", *at, *sid]

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return tuple(p.strip() for p in self.sms_providers.split(",") if p.strip())

    @property
    def is_demo(self) -> bool:
        """Whether this is a demonstration: fictitious people, a simulator, nothing reaches a phone."""
        return self.mode == "demo"


PROVIDERS = ("africastalking", "twilio")
EXAMPLES = {"at_username": "ijwi", "at_api_key": "atsk_...", "twilio_account_sid": "AC...", "twilio_sender": "+257..."}


def _text(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def from_env() -> Settings:
    """The settings of this process. Raises `ConfigError` naming everything that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigError("\n".join(str(e["msg"]).removeprefix("Value error, ") for e in error.errors())) from None
