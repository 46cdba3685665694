"""What the settings of all sources are made of: tables that refuse unknown keys, and what every API source has."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ingest.authorization import basic, bearer

Globs = list[Annotated[str, Field(min_length=1)]]
Priority = Annotated[int, Field(ge=1, le=5)]
DetectedBy = Literal["test", "monitoring", "internal_user", "customer"]


class Table(BaseModel):
    """A table of the configuration: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{value}' is no time zone; give a name such as Europe/Amsterdam") from None
    return value


Zone = Annotated[str, AfterValidator(_zone)]


class Entry(Table):
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
    stale_after_hours: Annotated[float, Field(gt=0, le=87_840)] = 36
    simulated: bool = False
    """The data of this source is made up; every view says so."""
    max_rejected_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    keep_raw_days: Annotated[int, Field(ge=1, le=36_600)] | None = None
    """Raw files go after so many days; without it, never."""


def address(value: str) -> str:
    """An http(s) address without a login. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) URL such as https://api.github.com")
    if parts.port == 0:
        raise ValueError("has no port that can be asked")
    if parts.username or parts.password:
        raise ValueError("must not hold a user or password; name the token's variable in token_env")
    return value.rstrip("/")


class SecretSettings(Entry):
    """A source with a secret: `token_env` names the environment variable that holds it, or `token_file` the file."""

    token_env: str | None = None
    token_file: Path | None = None

    @property
    def has_token(self) -> bool:
        return bool(self.token_env or self.token_file)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.token_env and self.token_file:
            raise ValueError("token_env and token_file cannot both be given; keep one")
        return self


class ApiSettings(SecretSettings):
    """A source behind HTTP."""

    base_url: str
    parallel: Annotated[int, Field(ge=1, le=32)] = 8
    """How many requests may be under way at a time."""
    reserve: Annotated[float, Field(ge=0, lt=1)] = 0
    """The share of the provider's rate limit that is left to others who ask with the same token."""

    def authorization(self, token: str) -> tuple[str, str]:
        """The name and the value of the header that carries the token."""
        return bearer(token)

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str:
        return address(value)


class AccountSettings(ApiSettings):
    """A source that is asked with a token alone, or as `user` with the token in the password's place."""

    user: str | None = None

    def authorization(self, token: str) -> tuple[str, str]:
        return basic(self.user, token) if self.user else bearer(token)


class Belongs(Table):
    """Whose something is: a glob on its name, and the product, repository or team that it belongs to."""

    match: Annotated[str, Field(min_length=1)]
    product: str | None = None
    repo: str | None = None
    team_id: str | None = None
