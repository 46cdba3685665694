"""What proves to a host who asks."""

import re

import requests

from ingest.authorization import Authorization
from ingest.errors import SourceStopped


class Credential(requests.auth.AuthBase):
    """Sends the token. Being an auth object, it also keeps a ~/.netrc from putting other credentials in its place."""

    def __init__(self, token: str | None, name: str, authorization: Authorization) -> None:
        self._token = (token or "").strip()
        self.given = bool(self._token)
        # the library would quote a bad header, and with it the token, in its error
        if not re.fullmatch(r"[\x21-\x7e]*", self._token):
            raise SourceStopped(f"{name} holds a space or a character that no token has; set it again")
        self._header, self._value = authorization(self._token)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.given:
            request.headers[self._header] = self._value
        return request

    def redact(self, text: str) -> str:
        if not self.given:
            return text
        return text.replace(self._token, "***").replace(self._value.split()[-1], "***")
