"""How a token is sent: the name and the value of the header that carries it."""

from base64 import b64encode
from collections.abc import Callable

Authorization = Callable[[str], tuple[str, str]]


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def basic(user: str, token: str) -> tuple[str, str]:
    """With the token in the password's place."""
    return "Authorization", f"Basic {b64encode(f'{user}:{token}'.encode()).decode()}"
