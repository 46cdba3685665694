"""How delivery does, in three sentences. Pure: the rows of the five figures in, questions and answers out."""

from app import sentences, words
from app.dora import Five
from app.headline import Row

PARTS = {
    "coding_hours_median": "writing the change",
    "review_hours_median": "review",
    "deploy_hours_median": "the way from merge to production",
}
"""The parts of a lead time, and how each is called."""


def longest_part(row: Row) -> str | None:
    """The column of the part that takes longest; None where none can be shown."""
    known = [column for column in PARTS if row[column] is not None]
    return max(known, key=lambda column: float(row[column]), default=None)


def answers(five: Five) -> list[tuple[str, str]]:
    """The questions of a reader in a hurry, each with its answer."""
    return [
        ("Does it get better?", _better(five)),
        ("Where does the time go?", _time(five.now["lead_time"])),
        ("What goes wrong?", _wrong(five.now["change_fail_rate"], five.now["recovery_time"])),
    ]


def _better(five: Five) -> str:
    named = (
        ("the time to production", "lead_time", -1),
        ("the share of repairs", "change_fail_rate", -1),
        ("the time until it works again", "recovery_time", -1),
        ("the number of changes a week", "deployment_frequency", 1),
    )
    return sentences.better_or_not([(said, five.changes[name], good) for said, name, good in named])


def _time(row: Row) -> str:
    half = row["lead_time_hours_median"]
    if half is None:
        return words.sentence(words.withheld(words.reason_of(row.get("withheld"), "lead_time_hours_median")))
    said = f"Half of {words.plural(row['change_count'], 'change')} reach production within {words.duration(half)}"
    longest = longest_part(row)
    return f"{said}; most of the time goes into {PARTS[longest]}." if longest else f"{said}."


def _wrong(repairs: Row, recoveries: Row) -> str:
    ratio = repairs["change_fail_ratio"]
    if ratio is None:
        return words.sentence(words.withheld(words.reason_of(repairs.get("withheld"), "change_fail_ratio")))
    count = words.plural(repairs["deployment_count"], "deployment")
    if not ratio:
        return f"None of {count} had to be repaired afterwards."
    said = f"{words.share(ratio)} of {count} had to be repaired afterwards ({words.one_in(ratio)})"
    half = recoveries["recovery_hours_median"]
    return f"{said}; half of the failures were over within {words.duration(half)}." if half is not None else f"{said}."
