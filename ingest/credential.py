"""What proves to a host who asks."""

import re
from typing import Protocol

import requests

from ingest.authorization import Authorization
from ingest.errors import SourceStopped


class Renewable(Protocol):
    """A token that ends and is then made anew. Any thread may ask for it."""

    def current(self) -> str:
        """One that is still good for a while. Raises SourceStopped when none can be had."""
        ...

    def forget(self) -> None:
        """The last one was refused: the next is a new one."""
        ...


class Credential(requests.auth.AuthBase):
    """Sends the token. Being an auth object, it also keeps a ~/.netrc from putting other credentials in its place."""

    def __init__(self, token: str | Renewable | None, name: str, authorization: Authorization) -> None:
        self._name = name
        self._authorization = authorization
        self._secrets: set[str] = set()
        self._renewable = None if isinstance(token, str | None) else token
        self._fixed = self._header((token or "").strip()) if isinstance(token, str | None) else None
        self.given = bool(token and (self._renewable or self._secrets))

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.given:
            header, value = self._fixed or self._header(self._renewable.current() if self._renewable else "")
            request.headers[header] = value
        return request

    def forget(self) -> bool:
        """Whether a new token can take the place of one that was refused."""
        if self._renewable:
            self._renewable.forget()
        return self._renewable is not None

    def redact(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _header(self, token: str) -> tuple[str, str]:
        # the library would quote a bad header, and with it the token, in its error
        if not re.fullmatch(r"[\x21-\x7e]*", token):
            raise SourceStopped(f"{self._name} holds a space or a character that no token has; set it again")
        header, value = self._authorization(token)
        if token:
            self._secrets |= {token, value.split()[-1]}
        return header, value
