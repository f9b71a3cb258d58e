"""What the operator decides, read from the environment once at the start. The only file that knows the environment."""

from __future__ import annotations

import base64
import binascii
import re
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

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKENS = {
    "slack_bot_token": (
        re.compile(r"(xoxb-|xoxe\.)[\w.-]+", re.ASCII),
        "Bot User OAuth Token, xoxb-…, of the app's page OAuth & Permissions",
    ),
    "slack_app_token": (re.compile(r"xapp-[\w.-]+", re.ASCII), "app-level token, xapp-…, of the app's page Basic Information"),
    "discord_token": (
        # The bot's id, a time and a signature in base64, as `bot.logs` blots them out. Client secret and public key have no dots.
        re.compile(r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}", re.ASCII),
        "bot token, three parts with dots between, of the application's page Bot (not the Client Secret, not the Public Key)",
    ),
}


class Settings(BaseSettings):
    """Every setting is an environment variable of the same name in capitals; an empty one counts as not set.

    `config/env.example` explains each; a test keeps the two in step.
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True)

    redis_url: SecretStr | None = Field(default=None, description="A Redis or Valkey server, 7.0 or newer; else an embedded one.")
    redis_tls_verify: bool = Field(default=True, description="Whether rediss:// certificates must be valid. false for self-signed ones.")
    data_dir: Path = Field(default=Path("data"), description="Where the embedded server and the terminal keep their files.")
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="Keys for tokens at rest, comma separated: the first one encrypts, all open."
    )

    slack_bot_token: SecretStr | None = Field(default=None, description="xoxb-…: the app in one workspace.")
    slack_app_token: SecretStr | None = Field(default=None, description="xapp-…, with connections:write: Socket Mode.")
    slack_signing_secret: SecretStr | None = Field(default=None, description="Opens the HTTP door.")
    slack_client_id: str = Field(default="", description="Of the app that any workspace may install.")
    slack_client_secret: SecretStr | None = Field(default=None, description="To the client id.")
    slack_scopes: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        default=None, description="Which of the optional scopes /slack/install asks for, comma separated; none for none. All if not set."
    )
    slack_api_url: HttpUrl = Field(default=HttpUrl("https://slack.com/api/"), description="Base address of Slack's Web API.")

    discord_token: SecretStr | None = Field(default=None, description="The bot's token.")
    discord_reactions: bool = Field(default=False, description="Whether reactions on posted papers count as votes.")
    discord_mentions: bool = Field(default=False, description="Whether mentions of the bot, and plain words to it alone, are answered.")
    discord_api_url: HttpUrl = Field(default=HttpUrl("https://discord.com/api/v10"), description="Base address of Discord's REST API.")

    public_url: HttpUrl | None = Field(default=None, description="The https address of the web server as the world sees it.")
    host: str = Field(default="0.0.0.0", description="Where the web server listens.")  # noqa: S104  # as every platform expects
    port: int = Field(default=3000, ge=0, le=65535, description="Where the web server listens.")

    huggingface_url: HttpUrl = Field(default=HttpUrl("https://huggingface.co"), description="Base address of Hugging Face.")
    huggingface_token: SecretStr | None = Field(default=None, description="A read token lifts Hugging Face's limits. Not needed.")
    arxiv_api_url: HttpUrl = Field(default=HttpUrl("https://export.arxiv.org"), description="Base address of arXiv's query API.")
    arxiv_rss_url: HttpUrl = Field(default=HttpUrl("https://rss.arxiv.org"), description="Base address of arXiv's feeds.")
    contact: str = Field(default="", description="An e-mail or web address of yours, told to the sources so that they can reach you.")
    sources_file: Path | None = Field(default=None, description="A file like config/sources.toml: categories, poll times.")

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is worth a log line.")

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

    @field_validator("redis_url")
    @classmethod
    def _is_an_address(cls, secret: SecretStr | None) -> SecretStr | None:
        # Secret because of its password, so its parts are not shown in what is said about it.
        scheme, separator, rest = (secret.get_secret_value() if secret else "redis://-").partition("://")
        if not separator or not rest or scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it is no redis://, rediss:// or unix:// address, such as redis://:password@host:6379/0")
        return secret

    @field_validator("secret_keys", "slack_scopes", mode="before")
    @classmethod
    def _parted_at_commas(cls, value: object) -> object:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @field_validator("slack_scopes")
    @classmethod
    def _none_is_none(cls, scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return () if scopes == ("none",) else scopes

    @field_validator("secret_keys")
    @classmethod
    def _are_keys(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for number, secret in enumerate(secrets, start=1):
            if not _is_key(secret.get_secret_value()):
                raise ValueError(f"key {number} is none; make one with: openssl rand -base64 32 | tr +/ -_")
        return secrets

    @field_validator("slack_bot_token", "slack_app_token", "discord_token")
    @classmethod
    def _is_a_token(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        shape, what = _TOKENS[str(info.field_name)]
        if secret is not None and not shape.fullmatch(secret.get_secret_value()):
            raise ValueError(f"it is no {what}")
        return secret

    @field_validator("public_url")
    @classmethod
    def _is_https(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url is not None and (url.scheme != "https" or url.query or url.fragment or url.username):
            raise ValueError("it must be an https:// address with nothing after its path; Slack sends people back to no other")
        return url

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        settings: Self | None = None
        lines: list[str] = []
        try:
            settings = handler(given)
        except ValidationError as exc:
            lines = [_line(str(error["loc"][0]), error["msg"]) for error in exc.errors()]
        # Not only once each is right by itself: nobody wants to be told twice.
        lines += [_line(name, what) for name, what in _incomplete(given)]
        if settings is None or lines:
            # From None: pydantic's own words show what was given.
            raise OperatorMistake("\n".join(lines)) from None
        return settings


def read_settings() -> Settings:
    """The settings as the environment has them now.

    Raises:
        OperatorMistake: Some are wrong, or do not go together: one line each, all of them at once, without the value of a secret.
    """
    return Settings()


def revealed(secret: SecretStr | None) -> str:
    """The text of a secret, for whom it is meant; "" if it is not set."""
    return secret.get_secret_value() if secret else ""


def _incomplete(given: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Settings that want others beside them, each with what it wants."""
    hears = [name for name in ("slack_app_token", "slack_signing_secret") if given.get(name)]
    oauth = [name for name in ("slack_client_id", "slack_client_secret") if given.get(name)]
    if given.get("slack_bot_token") and not hears:
        yield (
            "slack_bot_token",
            "with it alone Slack cannot reach the bot; set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) too",
        )
    if oauth:
        wanted = ("slack_client_id", "slack_client_secret", "secret_keys", "public_url")
        lacking = [name.upper() for name in wanted if not given.get(name)] + ([] if hears else ["SLACK_SIGNING_SECRET"])
        if lacking:
            yield oauth[0], f"to be installed by OAuth the app also needs {', '.join(lacking)}"
    elif hears and not given.get("slack_bot_token"):
        yield hears[0], "with it alone the bot cannot answer; set SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and what it needs, too"


def _is_key(text: str) -> bool:
    """Whether it is a Fernet key: 32 bytes in URL-safe base64."""
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == 32  # noqa: PLR2004  # as the docstring says
    except (binascii.Error, ValueError):
        return False


def _line(name: str, what: str) -> str:
    what = what.removeprefix("Value error, ")
    return f"{name.upper()}: {what[:1].lower()}{what[1:]}. See config/env.example."
