"""Settings that decide what raw data mean: when one changes, the source's rows are made anew from raw."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from ingest import raw, retention
from ingest.settings import SourceSettings
from ingest.warehouse import Warehouse

_ACCOUNT = {"token_env", "token_file", "user", "access_key_env", "secret_key_env", "app_id", "installation_id"} | {
    "private_key_env",
    "private_key_file",
}
_WHERE = {"path", "endpoint", "region", "api", "api_version", "graphql", "parallel", "reserve", "mapping"}
_WHAT = {"since", "repos", "projects", "applications", "builders", "jobs", "stages", "steps", "runs", "changes"} | {
    "approvals",
    "compare",
    "jql",
    "releases",
    "ignore",
}
_LIMITS = {"name", "stale_after_hours", "simulated", "max_rejected_ratio", "keep_raw_days"}
FETCHING = frozenset(_ACCOUNT | _WHERE | _WHAT | _LIMITS)
"""Settings of which only the next reading depends; all others decide what is made of what was read."""


def renew(warehouse: Warehouse, data: Path, entry: SourceSettings, names: Collection[str]) -> str | None:
    """Empties the source's part of the warehouse where its settings now mean something else; the caller then loads it
    from raw. Gives the line that says so; None when all is as it was.

    Where raw files are gone that nothing folded, the rows stay, and the line says that.
    """
    now = _meaning(entry, names)
    before = warehouse.meaning(entry.name)
    if before == now:
        return None
    changed = _changed(warehouse, entry, before, now) if before else []
    if changed and (gone := _gone(warehouse, data, entry.name)):
        # said in every run: the stored meaning stays that of the rows
        return (
            f"{entry.name}: {', '.join(changed)} changed, but {gone:,} raw files that it was loaded from are gone, so "
            f"its rows stay as they were; run `uptake ingest {entry.name} --full`, then `uptake replay {entry.name}`"
        )
    if changed:
        warehouse.forget([entry.name])
    warehouse.mean(entry.name, now)
    return f"{entry.name}: {', '.join(changed)} changed, so it is loaded again from raw" if changed else None


def _meaning(entry: SourceSettings, names: Collection[str]) -> dict[str, Any]:
    # references may point into any source: see load.py
    return {**entry.model_dump(mode="json", exclude=set(FETCHING)), "sources": sorted(names)}


def _changed(warehouse: Warehouse, entry: SourceSettings, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    fields = type(entry).model_fields
    changed = [
        key
        for key in sorted(now.keys() - {"sources"})
        # a key that an older version did not know was as its default is
        if now[key] != (before[key] if key in before else to_jsonable_python(fields[key].default))
    ]
    new = sorted(set(now["sources"]) - set(before["sources"]))
    if any(warehouse.refers(entry.name, f"{entry.name}:{name}:") for name in new):
        changed.append("the sources that it refers to")
    return changed


def _gone(warehouse: Warehouse, data: Path, source: str) -> int:
    """How many of the raw files that the source was loaded from are neither there nor folded."""
    there = {file.name for file in raw.files(data)}
    folded = max((snapshot.number for snapshot in retention.snapshots(data, source)), default=0)
    loaded = warehouse.raw_files().items()
    return sum(name.startswith(f"{source}/") and name not in there and number > folded for name, number in loaded)
