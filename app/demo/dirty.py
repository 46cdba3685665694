"""A few rows that are no records, as every export has them. They are added to good rows and replace none."""

import random
from dataclasses import dataclass

from app.demo.files import ExportFile
from app.demo.rows import Row

# a file needs this many good rows for one bad row, so that a small organisation stays below max_rejected_ratio too
GOOD_PER_BAD = 150


@dataclass(frozen=True)
class BadRow:
    """`row` counts the file's data rows from 1."""

    file: str
    row: int
    reason: str


# record, what is wrong, what is changed in a copy of a good row (None takes the value away)
_FAULTS: tuple[tuple[str, str, Row], ...] = (
    ("deployment", "created_at is no date", {"deployment_id": "bad-1", "created_at": "31-02-2026 25:61"}),
    (
        "deployment",
        "finished before it was created",
        {"deployment_id": "bad-2", "created_at": "2026-02-03T10:00:00Z", "finished_at": "2026-02-03T09:00:00Z"},
    ),
    ("ci_run", "unknown status", {"run_id": "bad-3", "status": "done"}),
    ("ci_run", "run_id is missing", {"run_id": None}),
    ("change", "merged_at is missing", {"change_id": "bad-5", "merged_at": None}),
    (
        "incident",
        "resolved before it was opened",
        {"incident_id": "bad-6", "opened_at": "2026-03-02T10:00:00+01:00", "resolved_at": "2026-03-01T10:00:00+01:00"},
    ),
    ("survey_answer", "rating is outside its scale", {"rating": 9, "scale_min": 1, "scale_max": 5}),
)


def add_bad_rows(files: list[ExportFile], rng: random.Random) -> list[BadRow]:
    """Puts each fault into the largest file of its record, where that is large enough; says where they stand."""
    added: list[tuple[ExportFile, Row, str]] = []
    for noun, reason, change in _FAULTS:
        file = max((one for one in files if one.noun == noun), key=lambda one: len(one.rows))
        already = sum(1 for other, _, _ in added if other is file)
        if len(file.rows) - already < GOOD_PER_BAD * (already + 1):
            continue
        place = rng.randrange(len(file.rows))
        row = {key: value for key, value in {**file.rows[place], **change}.items() if value is not None}
        file.rows.insert(place, row)
        added.append((file, row, reason))
    return [
        BadRow(file.name, next(number for number, one in enumerate(file.rows, start=1) if one is row), reason)
        for file, row, reason in added
    ]
