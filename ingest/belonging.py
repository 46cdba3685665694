"""Whose a model, a service or a component is, by the rules of the config."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ingest.tables import Belongs


def belonging(rules: Sequence[Belongs], names: Iterable[str | None]) -> dict[str, str]:
    """`product`, `repo` and `team_id` as the first rule says that matches one of the names, regardless of case."""
    known = [name.lower() for name in names if name]
    for rule in rules:
        if any(fnmatchcase(name, rule.match.lower()) for name in known):
            return rule.model_dump(exclude={"match"}, exclude_none=True)
    return {}
