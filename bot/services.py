"""Settings, database, vault, words and the signal: built once a process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import sessionmaker

from bot.channels.messages import Channel
from bot.channels.registry import PROVIDERS, faults
from bot.conversation.engine import FlowSet
from bot.country import pack
from bot.country.pack import CountryError
from bot.people.roster import Roster, today
from bot.settings import ROOT, ConfigError, Settings
from bot.storage import demo_clock
from bot.storage.database import database
from bot.storage.outbox import SessionFactory, Signal
from bot.storage.redis import clock_waker, patient_client
from bot.storage.session_store import Store, open_store
from bot.storage.wordings import Wordings
from bot.vault.client import RemoteVault
from bot.vault.local import LocalVault
from bot.vault.vault import Vault
from bot.words import catalogues, keywords, source, word_lists
from bot.words.faults import MOST_NAMED, named
from bot.words.keywords import Keywords
from bot.words.languages import in_latin, spoken_in
from bot.words.layout import PhoneLayout


@dataclass
class Services:
    """What a process works with: one instance in each, made by `build_services`."""

    settings: Settings
    engine: Engine
    sessions: SessionFactory
    reads: SessionFactory
    vault: Vault
    country: pack.Country
    words: catalogues.Catalogues
    keywords: Keywords
    layout: PhoneLayout
    flow_set: FlowSet
    redis: Redis
    session_store: Store
    signal: Signal

    def __post_init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self.wordings = Wordings(self.reads, self.words)
        self.roster = Roster(self.reads, self.vault, self.country, self.settings.is_demo)

    @property
    def providers(self) -> tuple[str, ...]:
        """The SMS providers in the order in which they are tried."""
        return self.settings.providers

    def channel(self, name: str) -> Channel:
        """The channel to a provider, made on its first use: a web process that only talks loads no SDK."""
        if name not in self._channels:
            self._channels[name] = PROVIDERS[name].open(self.settings)
        return self._channels[name]


def build_services(
    settings: Settings, flow_set: FlowSet, signal: Signal | None = None, *, speaks: bool = True
) -> Services:
    """Everything a process needs; `speaks`: to callers.

    Raises `CountryError` for a bad country pack; `ConfigError` for settings, providers and word lists that cannot work,
    for texts that have no words in a language, and, if it speaks, for texts of the country's languages that nobody has
    approved (S85).
    """
    if wrong := [*settings.faults(), *faults(settings)]:
        raise ConfigError("\n".join(wrong))
    demo_clock.keep(settings, makes=speaks)
    country, words = _country_and_words(settings, flow_set)
    engine = database(settings.database_url)
    redis, sessions = patient_client(settings.redis_url), sessionmaker(engine, expire_on_commit=False)
    services = Services(
        settings=settings,
        engine=engine,
        sessions=sessions,
        reads=sessionmaker(engine.execution_options(reads=True), expire_on_commit=False),
        vault=_vault_of(settings),
        country=country,
        words=words,
        keywords=keywords.load(ROOT / "locales" / "keywords.csv"),
        layout=PhoneLayout(words),
        flow_set=flow_set,
        redis=redis,
        session_store=open_store(settings, sessions),
        signal=signal or clock_waker(redis),
    )
    if speaks and not settings.allow_draft:
        services.wordings.refresh(now=True)
        if unapproved := unapproved_texts(country.languages, words):
            raise ConfigError(unapproved)
    return services


def _country_and_words(settings: Settings, flow_set: FlowSet) -> tuple[pack.Country, catalogues.Catalogues]:
    """The country and every text. What is wrong with either is said at once: whoever adds a language reads it in one
    round."""
    wrong = list[str]()
    try:
        country = pack.load(Path(settings.country_dir), today(), demo=settings.is_demo)
    except CountryError as error:
        wrong += error.wrong
    of_country = len(wrong)
    try:
        word_lists.load()
        words = catalogues.load(ROOT / "locales", english=todays_english(flow_set))
        wrong += without_words(flow_set, words)
    except ConfigError as error:
        wrong += str(error).splitlines()
    if wrong:
        raise (
            CountryError(wrong, Path(settings.country_dir))
            if len(wrong) == of_country
            else ConfigError("\n".join(wrong))
        )
    words.before_choice = in_latin(country.languages[0])
    return country, words


def unapproved_texts(languages: Sequence[str], words: catalogues.Catalogues) -> str:
    """A sentence when a text in one of a country's `languages` is not approved, with what comes next; else empty.
    Other languages do not matter."""
    drafts = Counter(language for language, _key in words.drafts(spoken_in(languages)))
    if not drafts:
        return ""
    many = ", ".join(f"{language} {number}" for language, number in drafts.items())
    return (
        f"Texts in the languages of this country are not approved by two readers: {many}. Next, for each: "
        f"ops/ijwi words export {next(iter(drafts))} FILE.xlsx (ops/runbooks/words.md). "
        "ALLOW_DRAFT=1 speaks them anyway."
    )


def todays_english(flow_set: FlowSet) -> dict[str, str]:
    """The English by key: of the template, and of the talks as they stand in the code."""
    texts = (text for flow in flow_set.flows.values() for node in flow.nodes.values() for text in flow.texts(node))
    return {**source.listed(ROOT / "locales"), **{text.key: str(text) for text in texts}}


def _vault_of(settings: Settings) -> Vault:
    """The vault behind the socket that is named, asked as a web process asks; or the folder, while nobody serves it."""
    if settings.vault_socket:
        return RemoteVault(Path(settings.vault_socket))
    return LocalVault(settings.data_dir / "vault")


def without_words(flow_set: FlowSet, words: catalogues.Catalogues) -> Iterator[str]:
    """A sentence for each text of a talk that has no words in some language: its page could not be shown."""
    texts = (text for flow in flow_set.flows.values() for node in flow.nodes.values() for text in flow.texts(node))
    without: dict[tuple[str, ...], list[str]] = {}
    for key in sorted({text.key for text in texts}):
        if lacking := tuple(language for language, entries in words.entries.items() if key not in entries):
            without.setdefault(lacking, []).append(key)
    for lacking, keys in without.items():
        where = ", ".join(catalogues.shown(language) for language in lacking)
        next_step = f"{source.SYNC}, then translate in {where}."
        if len(keys) > MOST_NAMED:  # a torn file: one sentence says it
            yield f"{named(keys)} have no words in {', '.join(lacking)}: {next_step}"
        else:
            yield from (f"{key} has no words in {', '.join(lacking)}: {next_step}" for key in keys)
