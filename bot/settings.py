"""What the operator decides, read from the environment once at the start. The only file that knows the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import OperatorMistake


class Settings(BaseSettings):
    """Every setting is an environment variable of the same name in capitals; an empty one counts as not set.

    `config/env.example` explains each; a test keeps the two in step.
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True, frozen=True)

    redis_url: SecretStr | None = Field(default=None, description="A Redis or Valkey server, 7.0 or newer; else an embedded one.")
    redis_tls_verify: bool = Field(default=True, description="Whether rediss:// certificates must be valid. false for self-signed ones.")
    data_dir: Path = Field(default=Path("data"), description="Where the embedded server and the terminal keep their files.")

    huggingface_url: HttpUrl = Field(default=HttpUrl("https://huggingface.co"), description="Base address of Hugging Face.")
    huggingface_token: SecretStr | None = Field(default=None, description="A read token lifts Hugging Face's limits. Not needed.")
    arxiv_api_url: HttpUrl = Field(default=HttpUrl("https://export.arxiv.org"), description="Base address of arXiv's query API.")
    arxiv_rss_url: HttpUrl = Field(default=HttpUrl("https://rss.arxiv.org"), description="Base address of arXiv's feeds.")
    contact: str = Field(default="", description="An e-mail or web address of yours, told to the sources so that they can reach you.")
    sources_file: Path | None = Field(default=None, description="A file like config/sources.toml: categories, poll times.")

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is worth a log line.")

    @field_validator("redis_url")
    @classmethod
    def _is_an_address(cls, secret: SecretStr | None) -> SecretStr | None:
        # Secret because of its password, so its parts are not shown in what is said about it.
        scheme, separator, rest = (secret.get_secret_value() if secret else "redis://-").partition("://")
        if not separator or not rest or scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("it is no redis://, rediss:// or unix:// address, such as redis://:password@host:6379/0")
        return secret


def read_settings() -> Settings:
    """The settings as the environment has them now.

    Raises:
        OperatorMistake: Some are wrong: one line each, all of them at once, without the value of a secret.
    """
    try:
        return Settings()
    except ValidationError as exc:
        raise OperatorMistake("\n".join(_line(error["loc"], error["msg"]) for error in exc.errors())) from exc


def _line(where: tuple[int | str, ...], what: str) -> str:
    name = str(where[0]).upper() if where else "settings"
    what = what.removeprefix("Value error, ")
    return f"{name}: {what[:1].lower()}{what[1:]}. See config/env.example."
