"""What a clone address calls a repository: its path without host, user, password and `.git`."""

import re


def repository(address: str | None) -> str | None:
    """`acme/fraud` of https://host/acme/fraud.git, git@host:acme/fraud.git, and the like; None where there is none."""
    plain = (address or "").strip().partition("?")[0]
    # a folder of somebody's machine, as file:///home/... or C:/Users/..., is no name, and may hold theirs
    found = re.fullmatch(r"(?:[a-z+]+://[^/]+/|[^/:]{2,}:(?!//))(.+?)(?:\.git)?/?", plain, re.IGNORECASE)
    if not found:
        return None
    parts = [part for part in found[1].split("/") if part]
    if "_git" in parts[1:-1]:
        # Azure DevOps: organisation/project/_git/repository
        parts = [parts[parts.index("_git") - 1], parts[-1]]
    elif len(parts) > 2 and parts[0] == "scm":
        # Bitbucket Server
        parts = parts[1:]
    return "/".join(parts) or None
