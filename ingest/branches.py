"""Branch names without the person in them."""

import re
from functools import lru_cache

MAINLINES = {"main", "master", "trunk", "develop", "dev"}


def nameless(branch: str | None, login: str | None, hashed: str | None) -> str | None:
    """A branch name without its author's: GitHub itself makes `octocat-patch-1`, and teams use `octocat/topic`."""
    if not branch or not login or branch.lower() in MAINLINES or login.lower() not in branch.lower():
        return branch
    return _whole_word(login).sub(hashed or "", branch)


@lru_cache(maxsize=10_000)
def _whole_word(login: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(login)}(?![a-z0-9])", re.IGNORECASE)
