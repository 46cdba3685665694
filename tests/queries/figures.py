"""What each metric says of some deployments, changes or runs: counts, ratios and medians in plain Python."""

import math
import statistics
from fractions import Fraction
from typing import Any

from tests.queries.recount import VERDICTS, Changed, Deployed, Ran, Recount
from tests.queries.test_statistics import plain_kaplan_meier

Answer = dict[str, Any]


def quantile(values: list[float], share: float) -> float:
    """Linear between order statistics."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = ordered[math.floor(place)]
    return below + (ordered[math.ceil(place)] - below) * (place - math.floor(place))


def median_from(values: list[float], least: int) -> float | None:
    return statistics.median(values) if len(values) >= least else None


def quantiles(stem: str, values: list[float]) -> Answer:
    """Median, p75 and p90, of as many cases as each needs."""
    asked = {"median": (0.5, 6), "p75": (0.75, 13), "p90": (0.9, 36)}
    return {
        f"{stem}_{end}": quantile(values, part) if len(values) >= least else None
        for end, (part, least) in asked.items()
    }


def share(above: int, below: int) -> float | None:
    return above / below if below else None


def deployments(made: list[Deployed]) -> Answer:
    via = [one for one in made if one.path == "platform"]
    return {
        "deployment_count": len(made),
        "platform_model_count": len({one.row["model_name"] for one in via if one.row.get("model_name")}),
        "platform_product_count": len({one.product or one.row["repo"] for one in via}),
    }


def failures(made: list[Deployed]) -> Answer:
    failed = [one for one in made if one.failures]
    linked = [one for one in failed if "named" in one.failures]
    return {
        "deployment_count": len(made),
        "failed_count": len(failed),
        "linked_count": len(linked),
        "inferred_count": len(failed) - len(linked),
        "change_fail_ratio": share(len(failed), len(made)),
    }


def attempts(made: list[Deployed]) -> Answer:
    failed = sum(one.row["status"] == "failed" for one in made)
    return {"attempt_count": len(made), "failed_count": failed, "failure_ratio": share(failed, len(made))}


def adoption(made: list[Deployed]) -> Answer:
    via, off = (sum(one.path == path for one in made) for path in ("platform", "off_platform"))
    return {
        "platform_count": via,
        "known_path_count": via + off,
        "unknown_path_count": len(made) - via - off,
        "platform_ratio": share(via, via + off),
        **{name: value for name, value in deployments(made).items() if name.startswith("platform_")},
    }


def lead_times(changes: list[Changed]) -> Answer:
    shipped = [one.parts for one in changes if one.shipped]
    coding, review, deploy, lead = ([part[n] for part in shipped if part[n] is not None] for n in range(4))
    return {
        "change_count": len(shipped),
        "measured_count": len(lead),
        "unlinked_count": len(changes) - len(shipped),
        "negative_count": sum(any(part is not None and part < 0 for part in parts[:3]) for parts in shipped),
        "coding_count": len(coding),
        "review_count": len(review),
        "lead_time_hours_median_shipped": median_from(lead, 6),
        **quantiles("coding_hours", coding),
        **quantiles("review_hours", review),
        **quantiles("deploy_hours", deploy),
    }


def with_waiting(changes: list[Changed], recount: Recount) -> Answer:
    """Quantiles by Kaplan and Meier, over lead times and over how long others have waited by now; in whole seconds."""
    lives = [(round(one.parts[3] * 3600), True) for one in changes if one.parts[3] is not None]
    waits = [one.hours(one.row.get("first_commit_at"), recount.as_of) for one in changes if one.is_waiting]
    censored = [(round(hours * 3600), False) for hours in waits if hours is not None]
    return {"waiting_count": len(censored), **survival("lead_time_hours", lives, censored, 3600)}


def survival(stem: str, lives: list[tuple[int, bool]], censored: list[tuple[int, bool]], unit: float) -> Answer:
    """Quantiles of lives that are over and of others that are not; ordinary ones where all are."""
    if not censored:
        return quantiles(stem, [length / unit for length, _ in lives])
    found = {}
    for end, part, least in (("median", (1, 2), 6), ("p75", (3, 4), 13), ("p90", (9, 10), 36)):
        value = plain_kaplan_meier(lives + censored, Fraction(*part)) if len(lives) >= least else None
        found[f"{stem}_{end}"] = None if value is None else float(value) / unit
    return found


def health(runs: list[Ran]) -> Answer:
    ended = [run for run in runs if run.last.get("conclusion") in VERDICTS]
    good = sum(run.last["conclusion"] == "success" for run in ended)
    first = [run.first["conclusion"] for run in ended if run.first and run.first.get("conclusion") in VERDICTS]
    starts = [run.first for run in ended if run.first and run.first.get("started_at")]
    queue = [(row["started_at"] - row["created_at"]).total_seconds() for row in starts]
    took = [
        (run.last["finished_at"] - (run.last.get("started_at") or run.last["created_at"])).total_seconds()
        for run in ended
        if run.last.get("finished_at")
    ]
    return {
        "run_count": len(ended),
        "success_count": good,
        "failure_count": sum(run.last["conclusion"] == "failure" for run in ended),
        "timed_out_count": sum(run.last["conclusion"] == "timed_out" for run in ended),
        "cancelled_count": sum(run.last.get("conclusion") == "cancelled" for run in runs),
        "rerun_count": sum(run.attempt_count > 1 for run in ended),
        "flaky_count": sum(run.is_flaky for run in ended),
        "success_ratio": share(good, len(ended)),
        "first_count": len(first),
        "first_success_ratio": share(first.count("success"), len(first)),
        "rerun_ratio": share(sum(run.attempt_count > 1 for run in ended), len(ended)),
        "flaky_ratio": share(sum(run.is_flaky for run in ended), len(ended)),
        **quantiles("queue_seconds", queue),
        **quantiles("duration_seconds", took),
    }
