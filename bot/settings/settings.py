"""Every setting there is: what it is called, what it means, what it may be. An environment variable for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    Field,
    HttpUrl,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import OperatorMistake
from bot.settings import shapes
from bot.settings.files import Refused, SecretFiles
from bot.settings.together import lacking
from bot.settings.written import Section

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource


class Settings(BaseSettings):
    """Every setting is an environment variable of the same name in capitals; an empty one counts as not set.

    A secret may stand in a file instead, see `bot.settings.files`. `config/env.example` is made of what stands here, see
    `bot.settings.written`: a description is its text, a line of it a paragraph, and the first example is shown.
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True)

    redis_url: Annotated[SecretStr | None, Section("Where things are kept")] = Field(
        default=None,
        description="A Redis or Valkey server, 7.0 or newer; else an embedded one. Needed where disks do not last and for more than one "
        "worker. Its maxmemory-policy must be noeviction.",
        examples=["redis://:password@host:6379/0"],
    )
    redis_tls_verify: bool = Field(
        default=True, description="Whether rediss:// certificates must be valid. false for self-signed ones, as Heroku has them."
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Where the embedded server and the terminal keep their files. On a platform whose disks do not last this must be a "
        "volume.",
    )
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Keys for the tokens that workspaces hand over when they install the app, comma separated: the first one encrypts, all "
        "open. Needed for OAuth. Make one with `openssl rand -base64 32 | tr +/ -_`.\n"
        "To change it, put the new one first, run `python -m bot rotate-keys`, then drop the old. Without REDIS_URL stop the bot before "
        "rotate-keys.\n"
        "Without its key a token is lost, and the workspace has to install the app again: keep a copy away from the store.",
    )

    slack_bot_token: Annotated[SecretStr | None, Section("Slack; docs/slack.md leads through it")] = Field(
        default=None, description='The app in one workspace: the Bot User OAuth Token (xoxb-...) of the app\'s page "OAuth & Permissions".'
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        description="Socket Mode, which needs no public address: the app-level token (xapp-...) with the scope connections:write, of the "
        'page "Basic Information".',
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        description='HTTP instead, or beside: the Signing Secret of the page "Basic Information". Slack then posts to /slack/events of the '
        "web server.",
    )
    slack_client_id: str = Field(
        default="",
        description='An app that any workspace may install, at /slack/install of the web server: the Client ID of the page "Basic '
        'Information". Also needs SLACK_CLIENT_SECRET, SECRET_KEYS, PUBLIC_URL, and SLACK_SIGNING_SECRET (or SLACK_APP_TOKEN).',
    )
    slack_client_secret: SecretStr | None = Field(default=None, description="The Client Secret, from beside the Client ID.")
    slack_scopes: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        default=None,
        description="Which of the optional scopes /slack/install asks for, comma separated; none for none. All if not set. docs/slack.md "
        "tells what each brings.",
        examples=["channels:read,groups:read,users:read"],
    )
    slack_api_url: HttpUrl = Field(
        default=HttpUrl("https://slack.com/api/"), description="Base address of Slack's Web API: https://slack-gov.com/api/ for GovSlack."
    )

    discord_token: Annotated[SecretStr | None, Section("Discord; docs/discord.md leads through it")] = Field(
        default=None,
        description="The bot's token, three parts with dots between, of the application's page \"Bot\". Nothing else is needed.",
    )
    discord_mentions: bool = Field(
        default=False,
        description="Whether mentions of the bot, and plain words to it in direct messages, are answered. Discord then tells it of every "
        "message, without its words unless it is to the bot.",
    )
    discord_reactions: bool = Field(default=False, description="Whether reactions on posted papers count as votes.")
    discord_api_url: HttpUrl = Field(
        default=HttpUrl("https://discord.com/api/v10"),
        description="Base address of Discord's REST API, for proxies and tests. The gateway's address is asked for there.",
    )

    public_url: Annotated[HttpUrl | None, Section("The web server")] = Field(
        default=None,
        description="Its https address as the world sees it. The redirect URL of the Slack app is this and /slack/oauth_redirect.",
        examples=["https://paperboy.example.org"],
    )
    host: str = Field(
        default="0.0.0.0",  # noqa: S104  # as every platform expects
        description="Where it listens, with PORT. Before it stands whatever speaks https: a platform's router, Caddy, nginx.",
    )
    port: int = Field(
        default=3000,
        ge=0,
        le=65535,
        description="`python -m bot web` always listens there; other commands do if Slack posts to them (SLACK_SIGNING_SECRET or "
        "SLACK_CLIENT_ID is set) or PORT is. /healthz and /readyz tell how the bot is, /metrics how it does: numbers alone, of no channel "
        "or person.",
    )
    operator_token: SecretStr | None = Field(
        default=None,
        description="Opens /operator of the web server, which tells of workspaces, pauses and what failed for good: as the password, "
        "whatever the user name. Make one with `openssl rand -base64 32 | tr +/ -_`. Without it there is no such page.",
    )
    support_url: HttpUrl | None = Field(
        default=None,
        description="Where people who use this bot find help, shown on the page /support.",
        examples=["https://example.org/help"],
    )

    sources_file: Annotated[Path | None, Section("Where papers come from")] = Field(
        default=None,
        description="Which sources are read and when: a file like config/sources.toml.",
        examples=["config/sources.toml"],
    )
    contact: str = Field(
        default="",
        description="An e-mail or web address of yours, told to the sources, and on the pages /support and /privacy, so that one can reach "
        "you. Please set it: an unknown caller is the first to be shut out.",
        examples=["papers@example.org"],
    )
    huggingface_token: SecretStr | None = Field(default=None, description="A read token lifts Hugging Face's limits. Not needed.")
    huggingface_url: HttpUrl = Field(
        default=HttpUrl("https://huggingface.co"), description="Base address of Hugging Face, for mirrors, proxies and tests."
    )
    arxiv_api_url: HttpUrl = Field(default=HttpUrl("https://export.arxiv.org"), description="Base address of arXiv's query API.")
    arxiv_rss_url: HttpUrl = Field(default=HttpUrl("https://rss.arxiv.org"), description="Base address of arXiv's feeds.")

    log_level: Annotated[Literal["debug", "info", "warning", "error"], Section("What the operator sees")] = Field(
        default="info", description="What is worth a log line: debug, info, warning or error."
    )
    sentry_dsn: SecretStr | None = Field(
        default=None, description="A Sentry that our bugs are told to, by its DSN (https://KEY@HOST/PROJECT). Needs the extra `sentry`."
    )
    otlp_endpoint: HttpUrl | None = Field(
        default=None,
        description="Base address of an OpenTelemetry collector (OTLP over HTTP), for traces. Needs the extra `otel`.",
        examples=["http://localhost:4318"],
    )

    @property
    def has_slack(self) -> bool:
        """Whether the app is installed, or can be."""
        return self.slack_bot_token is not None or self.slack_client_id != ""

    @property
    def slack_api(self) -> str:
        """Base address of Slack's Web API, ending in a slash."""
        return str(self.slack_api_url).rstrip("/") + "/"

    @property
    def has_discord(self) -> bool:
        """Whether there is a bot."""
        return self.discord_token is not None

    @property
    def discord_api(self) -> str:
        """Base address of Discord's REST API, without a slash at its end; "" for Discord's own."""
        return str(self.discord_api_url).rstrip("/") if "discord_api_url" in self.model_fields_set else ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic's own know neither NAME_FILE nor our words
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings are read, the earlier before the later."""
        return init_settings, SecretFiles(settings_cls, env_settings, dotenv_settings), env_settings, dotenv_settings

    @field_validator("secret_keys", "slack_scopes", mode="before")
    @classmethod
    def _parted_at_commas(cls, value: object) -> object:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    # The last of those before, so that it comes first.
    @field_validator("*", mode="before")
    @classmethod
    def _as_meant(cls, value: object) -> object:
        if isinstance(value, Refused):
            raise ValueError(value.why)  # noqa: TRY004  # pydantic passes TypeErrors on
        return shapes.unwrapped(value) if isinstance(value, str) else value

    @field_validator("slack_scopes")
    @classmethod
    def _none_is_none(cls, scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return () if scopes == ("none",) else scopes

    @field_validator("secret_keys")
    @classmethod
    def _are_keys(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        shapes.must_be_keys([secret.get_secret_value() for secret in secrets])
        return secrets

    @field_validator(*shapes.OF_TEXT)
    @classmethod
    def _has_its_shape(cls, value: SecretStr | str | None, info: ValidationInfo) -> SecretStr | str | None:
        if text := value.get_secret_value() if isinstance(value, SecretStr) else value:
            shapes.OF_TEXT[str(info.field_name)](text)
        return value

    @field_validator("public_url")
    @classmethod
    def _is_https(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.scheme != "https" or url.query or url.fragment or url.username):
            raise ValueError("it must be an https:// address with nothing after its path; Slack sends people back to no other")
        return url

    @field_validator("slack_api_url", "discord_api_url", "huggingface_url", "arxiv_api_url", "arxiv_rss_url", "otlp_endpoint")
    @classmethod
    def _is_a_base(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.query is not None or url.fragment is not None):
            raise ValueError("it must be an address with nothing after its path: paths are put to it")
        return url

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        settings: Self | None = None
        lines: list[str] = []
        try:
            settings = handler(given)
        except ValidationError as exc:
            lines = [_line(str(error["loc"][0]), _PLAINLY.get(error["type"]) or error["msg"]) for error in exc.errors()]
        # Not only once each is right by itself: nobody wants to be told twice.
        lines += [_line(name, what) for name, what in lacking(given)]
        if settings is None or lines:
            # From None: pydantic's own words show what was given.
            raise OperatorMistake("\n".join(dict.fromkeys(lines))) from None
        return settings


def read_settings() -> Settings:
    """The settings as the environment has them now.

    Raises:
        OperatorMistake: Some are wrong, or do not go together: one line each, all of them at once, without the value of a secret. Or `.env`
            cannot be read.
    """
    try:
        return Settings()
    except (OSError, UnicodeError) as error:
        why = (error.strerror or "it cannot be read") if isinstance(error, OSError) else "it is no UTF-8"
        raise OperatorMistake(f".env: {why}. Save it anew, as text, where the bot may read it, or take it away.") from None


def revealed(secret: SecretStr | None) -> str:
    """The text of a secret, for whom it is meant; "" if it is not set."""
    return secret.get_secret_value() if secret else ""


_PLAINLY = {
    "bool_parsing": "it is neither true nor false",
    "int_parsing": "it is no whole number",
    "url_parsing": "it is no address, such as https://example.org",
    "url_scheme": "it must begin with https:// or http://",
}
"""By pydantic's type of the error, what its own words, written for programmers, come down to."""


def _line(name: str, what: str) -> str:
    what = what.removeprefix("Value error, ") if what.startswith("Value error, ") else what[:1].lower() + what[1:]
    return f"{name.upper()}: {what}. See config/env.example."
