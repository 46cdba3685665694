"""The run log for readers: data/status.json, written after each run, since a running ingest locks the warehouse."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.config import Settings
from ingest.errors import LandingError
from ingest.retention import held
from ingest.warehouse import Warehouse

FILE = "status.json"
KEPT_RUNS = 50


def write(settings: Settings, data: Path, build: Mapping[str, Any] | None) -> None:
    """Writes what `read` gives: each source with its rows and last runs, the last 50 runs, and the current build."""
    with Warehouse(data) as warehouse:
        content = {
            "written_at": _iso(datetime.now(UTC).replace(tzinfo=None)),
            "sources": _sources(settings, data, warehouse),
            "runs": [{name: _iso(value) for name, value in run.items()} for run in warehouse.runs(KEPT_RUNS)],
            "build": dict(build) if build else None,
        }
    file = data / FILE
    draft = file.with_name(f"{FILE}.tmp")
    try:
        with draft.open("w", encoding="utf-8") as out:
            json.dump(content, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise LandingError(f"{file}: cannot be written ({error.strerror}); free space and run again") from None


def read(data: Path) -> dict[str, Any] | None:
    """The content of status.json, or None before the first run. Times are ISO 8601 with Z. Raises LandingError.

    `sources`, as configured: name -> {kind, last_run_at, last_success_at, stale_after_hours, rows: {record: n},
    rejected, raw_bytes, raw_since (the day of the oldest raw file, or None), faults}. `runs`: newest first, one entry
    per run and source, as in meta.run. `build`: {name, built_at, ...} or None.
    """
    file = data / FILE
    try:
        content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "is damaged"
        raise LandingError(f"{file}: cannot be read ({cause}); the next `uptake ingest` writes it anew") from None
    return content


def _sources(settings: Settings, data: Path, warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    last, rows, rejected = warehouse.last_runs(), warehouse.row_counts(), warehouse.rejected_counts()
    found = {}
    for source in settings.source:
        raw_bytes, raw_since = held(data, source.name)
        last_run, last_success, message = last.get(source.name, (None, None, None))
        found[source.name] = {
            "kind": source.kind,
            "last_run_at": _iso(last_run),
            "last_success_at": _iso(last_success),
            "stale_after_hours": source.stale_after_hours,
            "rows": rows.get(source.name, {}),
            "rejected": rejected.get(source.name, 0),
            "raw_bytes": raw_bytes,
            "raw_since": raw_since,
            "faults": (message or "").splitlines(),
        }
    return found


def _iso(value: Any) -> Any:
    return value.isoformat(timespec="seconds") + "Z" if isinstance(value, datetime) else value
