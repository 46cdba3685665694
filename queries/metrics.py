"""The metrics: one typed function each, from a read model and a slice to a frame. Page, command line and deck ask here.

Every answer has the columns that it is grouped by, then those that its SQL file names; by a period it also has `period`
(its first day) and `is_partial` (it still runs, or the window cuts it). A value that the data cannot carry is null, and
`withheld` says why.
"""

from dataclasses import dataclass, replace
from functools import cache

import duckdb
import polars as pl

from queries import adoption, delivery, listening, moves, pipelines, triangulation
from queries.counted import Answer, delivered, sql_of
from queries.errors import UsageError
from queries.slice import Slice, keys, query
from queries.withhold import not_measured, unmeasured


@dataclass(frozen=True)
class Metric:
    """What a metric is called, asks and means, what it can be grouped by, and the function that answers."""

    name: str
    question: str
    definition: str
    version: int
    dimensions: tuple[str, ...]
    columns: dict[str, str]
    answer: Answer


@cache
def _metrics() -> dict[str, Metric]:
    answers: list[Answer] = [
        delivery.deployment_count,
        delivery.deployment_frequency,
        delivery.lead_time,
        delivery.lead_time_distribution,
        delivery.change_fail_rate,
        delivery.deployment_failure_rate,
        delivery.recovery_time,
        delivery.recovery_distribution,
        delivery.rework_rate,
        pipelines.ci_health,
        pipelines.pipeline_hours,
        pipelines.time_to_green,
        pipelines.control_friction,
        adoption.adoption_funnel,
        adoption.adoption_share,
        adoption.retention,
        adoption.time_to_first_deployment,
        adoption.first_deployment_curve,
        adoption.capability_coverage,
        delivery.heroics,
        listening.survey_response,
        listening.pain,
        listening.weighted_pain,
        listening.pain_change,
        listening.pain_pairs,
        listening.mentions,
        listening.quotes,
        listening.pain_overlap,
        triangulation.quick_wins,
        listening.listen,
        listening.drift,
        listening.overlap_index,
        moves.first_move,
        triangulation.triangulation,
        triangulation.initiative_effect,
    ]
    return {answer.__name__: _describe(answer) for answer in answers}


def _describe(answer: Answer) -> Metric:
    file = sql_of(answer.__name__)
    header = file.header
    dimensions = file.listed("dimensions")
    return Metric(
        file.name, header["question"], header["definition"], int(header["version"]), dimensions, file.columns, answer
    )


METRICS: dict[str, Metric] = _metrics()


def listed() -> pl.DataFrame:
    """Every metric by name, with its question."""
    return pl.DataFrame({"name": list(METRICS), "question": [found.question for found in METRICS.values()]})


def ask(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> pl.DataFrame:
    """Answers a metric by name; without a source of the records that it needs, with nulls and the reason, never with 0.

    Raises UsageError when there is none of that name, or it has no such column.
    """
    if name not in METRICS:
        raise UsageError(f"unknown metric '{name}'; there are {', '.join(METRICS)}")
    answer = METRICS[name].answer(con, part)
    missing = _missing(con, name)
    return unmeasured(answer, keys(sql_of(name), part), missing) if missing else answer


def unheeded(name: str, part: Slice) -> str | None:
    """What a slice asks of a metric that it does not know: periods, or a window; None where it knows them all.

    Pages ask with the window that all of them share, so only who asks for one metric is told.
    """
    ignored = sql_of(name).listed("ignores")
    given = {"by": part.by != "all", "since": part.since, "until": part.until}
    options = " and ".join(f"--{option}" for option in ignored if given[option])
    if not options:
        return None
    if "since" in ignored:
        return f"{name} tells how things stand now, whatever {options} says"
    return f"{name} answers for a window as a whole, whatever {options} says; --since and --until choose the window"


def refusal(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Why nobody can answer a metric, whatever the slice: what an answer without rows cannot say; None if one can."""
    missing = _missing(con, name)
    return f"{name} is {not_measured(missing)}" if missing else None


def _missing(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [record for record in sql_of(name).listed("needs") if record not in delivered(con)]


def shown_sql(name: str, part: Slice) -> str:
    """The SQL that a metric runs for a slice, to be shown to a person; it runs in the read model as it stands."""
    shown = [query(sql_of(name), part).sql]
    if cases := sql_of(name).header.get("cases"):
        shown += [f"{_CASES}\n{query(sql_of(cases), replace(part, costly=None)).sql}"]
    return ";\n\n".join(shown)


_CASES = "-- the cases that the quantiles are of; one that waits counts as longer than so far (Kaplan and Meier 1958)"
