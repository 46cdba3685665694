"""A GitHub App as the fake server knows it: it checks signatures and hands out tokens that end."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.github_faults import Answer, message
from tests.github_objects import example
from tests.github_world import iso


@dataclass
class FakeApp:
    """`owners` maps accounts to the app's installation there, `tokens` those handed out to when they end."""

    id: int = 4711
    owners: dict[str, int] = field(default_factory=lambda: {"acme": 77})
    organisations: set[str] = field(default_factory=lambda: {"acme"})
    lifetime: timedelta = timedelta(hours=1)
    suspended: bool = False
    tokens: dict[str, datetime] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65_537, 2_048))

    @property
    def pem(self) -> str:
        """The private key as GitHub gives it to whoever makes an app."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()

    def answer(self, path: str, authorization: str | None, now: datetime) -> Answer | None:
        """What the app is told; None for a request with a good token, or one that needs none."""
        sent = (authorization or "").removeprefix("Bearer ")
        owned = re.fullmatch(r"/(orgs|users)/([^/]+)/installation", path)
        asked = re.fullmatch(r"/app/installations/(\d+)/access_tokens", path)
        if owned or asked:
            if fault := self._fault(sent, now):
                return message(401, fault)
            return self._token(int(asked[1]), now) if asked else self._installation(*owned.groups())  # type: ignore[union-attr]
        if path == "/rate_limit" and not sent:
            return None
        return None if self.tokens.get(sent, now) > now else message(401, "Bad credentials")

    def _fault(self, sent: str, now: datetime) -> str | None:
        """What GitHub has against a signed request."""
        try:
            known = {"verify_exp": False, "verify_iat": False}
            claims: dict[str, Any] = jwt.decode(sent, self.key.public_key(), algorithms=["RS256"], options=known)  # type: ignore[arg-type]
        except jwt.InvalidTokenError:
            return "A JSON web token could not be decoded"
        seconds = now.replace(tzinfo=UTC).timestamp()
        if str(claims["iss"]) != str(self.id):
            return "Integration not found"
        if claims["iat"] > seconds:
            return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        if claims["exp"] <= seconds:
            return "'Expiration time' claim ('exp') is too far in the past"
        return "'Expiration time' claim ('exp') is too far in the future" if claims["exp"] > seconds + 600 else None

    def _installation(self, kind: str, owner: str) -> Answer:
        if owner not in self.owners or (owner in self.organisations) != (kind == "orgs"):
            return message(404, "Not Found")
        return Answer(200, json.dumps(example("installation") | {"id": self.owners[owner]}).encode())

    def _token(self, installation: int, now: datetime) -> Answer:
        if installation not in self.owners.values():
            return message(404, "Not Found")
        if self.suspended:
            return message(403, "This installation has been suspended")
        token, ends = f"ghs_{len(self.tokens):036}", now + self.lifetime
        self.tokens[token] = ends
        return Answer(
            201, json.dumps(example("installation-token") | {"token": token, "expires_at": iso(ends)}).encode()
        )
