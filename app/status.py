"""`uptake status`: how fresh each source is, read beside the warehouse so that a running ingest is not in the way."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol


class Source(Protocol):
    """What the config says of a source, as far as it matters here."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def stale_after_hours(self) -> float: ...


def status(
    configured: Iterable[Source],
    log: Mapping[str, Any] | None,
    read_model: Mapping[str, Any] | None,
    now: datetime,
    stray_pains: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """`sources`: one object each, stale when without a success within `stale_after_hours`; `warnings`; `read_model`.

    `log` is the content of status.json, `now` a UTC time, `stray_pains` are initiatives with a pain that nobody knows.
    """
    entries = (log or {}).get("sources", {})
    sources = []
    for source in configured:
        entry = entries.get(source.name, {})
        success = entry.get("last_success_at")
        too_old = now - timedelta(hours=source.stale_after_hours)
        sources.append(
            {
                "name": source.name,
                "kind": source.kind,
                "last_run_at": entry.get("last_run_at"),
                "last_success_at": success,
                "stale": success is None or datetime.fromisoformat(success) < too_old,
                "rows": entry.get("rows", {}),
                "rejected": entry.get("rejected", 0),
                "raw_bytes": entry.get("raw_bytes", 0),
                "raw_since": entry.get("raw_since"),
                "faults": entry.get("faults", []),
            }
        )
    warnings = [
        f"initiative {initiative} names pain {pain}, which is no pain point and no survey rates; mend its pain_ids, "
        "or add the pain point"
        for initiative, pain in stray_pains
    ]
    return {"sources": sources, "warnings": warnings, "read_model": dict(read_model) if read_model else None}


def is_stale(found: Mapping[str, Any]) -> bool:
    return any(source["stale"] for source in found["sources"])


def text(found: Mapping[str, Any], now: datetime) -> str:
    """The status as lines for people."""
    lines = []
    for source in found["sources"]:
        success = source["last_success_at"]
        age = f"last success {_ago(success, now)}" if success else "never succeeded"
        state = "STALE" if source["stale"] else "fresh"
        lines.append(f"{source['name']} ({source['kind']}): {state}, {age}, {source['rejected']:,} rows rejected")
        lines += [f"    {record}: {count:,} rows" for record, count in sorted(source["rows"].items())]
        if source["raw_bytes"]:
            since = f", the oldest file of {source['raw_since']}" if source["raw_since"] else ", all of it folded"
            lines.append(f"    raw data: {source['raw_bytes'] / 1e6:,.1f} MB{since}")
        lines += [f"    last run: {fault}" for fault in source["faults"]]
    lines += [f"warning: {warning}" for warning in found["warnings"]]
    model = found["read_model"]
    lines.append(f"read model: {model['name']}, built {model['built_at']}" if model else "read model: none yet")
    return "\n".join(lines)


def _ago(instant: str, now: datetime) -> str:
    minutes = (now - datetime.fromisoformat(instant)).total_seconds() / 60
    if minutes < 120:
        return f"{max(minutes, 0):.0f} min ago"
    return f"{minutes / 60:.0f} h ago" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days ago"
