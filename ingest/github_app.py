"""Asking as a GitHub App: a request signed with the app's key is answered with a token, which is good for an hour."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import jwt
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from ingest.errors import SourceError, SourceStopped
from ingest.http import Http
from ingest.secret import named, secret
from ingest.settings import GithubSettings
from ingest.times import moment

EARLY = timedelta(minutes=5)
"""So long before its end a token is no longer used: a request may take its time."""

SIGNED_FOR = timedelta(minutes=9)
"""GitHub takes ten, by its own clock."""

ANY = (*range(300, 400), *range(401, 405), 410)


class Token(TypedDict):
    token: str
    expires_at: str


class Installation(TypedDict):
    id: int


class GithubApp:
    """The tokens of one installation; `installation` is its number, or None to find that of `owner`."""

    def __init__(
        self,
        source: str,
        base_url: str,
        app_id: int,
        key: str,
        *,
        owner: str,
        installation: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = f"{source}: app {app_id}"
        self._base_url = base_url
        self._app_id = app_id
        self._key = key
        self._owner = owner
        self._installation = installation
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    @classmethod
    def of(cls, entry: GithubSettings) -> Self:
        """That of a source. Raises SourceError when its key is not where the settings say."""
        assert entry.app_id
        key = secret(entry.name, "private_key", entry.private_key_env, entry.private_key_file) or ""
        try:
            jwt.encode({}, key, "RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            where = named(entry.private_key_env, entry.private_key_file)
            raise SourceError(
                f"{entry.name}: {where} holds no private key of an RSA pair; put there all lines of the .pem file "
                "that GitHub gave for the app"
            ) from None
        owner = entry.repos[0].split("/")[0]
        return cls(entry.name, entry.base_url, entry.app_id, key, owner=owner, installation=entry.installation_id)

    def current(self) -> str:
        """A token that is good for minutes. Raises SourceStopped when GitHub gives none."""
        with self._lock:
            if not self._token or self._monotonic() >= self._until:
                try:
                    self._renew()
                except SourceError as error:
                    # as every other request would fare the same
                    raise SourceStopped(str(error)) from None
            return self._token

    def forget(self) -> None:
        with self._lock:
            self._token = ""

    def _renew(self) -> None:
        now = self._server_time()
        since, until = now - timedelta(minutes=1), now + SIGNED_FOR
        claims: dict[str, Any] = {"iss": str(self._app_id), "iat": since, "exp": until}
        signed = jwt.encode(claims, self._key, "RS256")
        with Http(self._base_url, signed, token_name=f"the key of app {self._app_id}") as http:
            number = self._installation or self._found(http)
            answer = http.post(
                f"app/installations/{number}/access_tokens",
                {},
                ok=(201,),
                place=f"{self._place}: installation {number}",
            )
        token = TypeAdapter(Token).validate_json(answer.body)
        good_for = moment(token["expires_at"]).replace(tzinfo=UTC) - now - EARLY
        self._token, self._until = token["token"], self._monotonic() + good_for.total_seconds()

    def _server_time(self) -> datetime:
        """By the clock that judges the signature, whatever this machine's says."""
        with Http(self._base_url) as http:
            return http.clock(http.get("rate_limit", ok=ANY, place=self._place)).replace(tzinfo=UTC)

    def _found(self, http: Http) -> int:
        """The number of the installation in the organisation or account that the repositories are of."""
        for kind in ("orgs", "users"):
            answer = http.get(f"{kind}/{self._owner}/installation", ok=(404,), place=self._place)
            if answer.status == 200:
                number: int = TypeAdapter(Installation).validate_python(answer.value)["id"]
                return number
        raise SourceStopped(
            f"{self._place}: is not installed for {self._owner}; install it there and give it {self._owner}'s "
            "repositories, or correct app_id"
        )
