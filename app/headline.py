"""The figures of the first page. Pure: one row per metric in the window and in the window before, figures out.

A value that is null is refused in words; one that is there comes with its number of cases and its change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app import figures, sentences, words
from app.figures import Bar, Figure
from queries import trends
from queries.statistics import wilson
from queries.trends import Change

ASKED: dict[str, tuple[str, ...]] = {
    "deployment_count": ("platform_model_count", "platform_product_count"),
    "adoption_share": (),
    "lead_time": tuple(f"{part}_hours_median" for part in ("lead_time", "coding", "review", "deploy")),
    "change_fail_rate": (),
    "ci_health": (),
}
"""The metrics behind the figures, and the costly columns that they show."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Numbers:
    """Metric -> row in the window; and in the earlier one (the period before, a year ago), empty where the data does
    not reach back so far.
    """

    now: dict[str, Row]
    before: dict[str, Row]
    earlier: str = "the period before"

    def then(self, name: str, column: str) -> Any:
        """A value of the window before, or None."""
        return self.before.get(name, {}).get(column)

    def of_ratio(self, name: str, count: str, total: str) -> Change | None:
        """How a share went, with the test that its counts allow."""
        rows = (self.before.get(name, {}), self.now[name])
        known = [value for row in rows for column in (count, total) if (value := row.get(column)) is not None]
        return trends.of_ratios(*known) if len(known) == 4 else None

    def repaired(self) -> Change | None:
        return self.of_ratio("change_fail_rate", "failed_count", "deployment_count")

    def passed(self) -> Change | None:
        return self.of_ratio("ci_health", "success_count", "run_count")


def is_used(numbers: Numbers) -> str:
    """The answer to "is it used?"."""
    row = numbers.now["adoption_share"]
    if row["platform_count"] is None:
        return "Nobody can tell yet: no source delivers deployments."
    if not row["platform_count"]:
        return "Nobody deployed to production through the platform in this period."
    eligible = row["eligible_team_count"]
    teams = f"{row['active_team_count']} of {words.plural(eligible, 'team')} deploy through it" if eligible else ""
    if row["platform_ratio"] is None:
        count = f"{words.plural(row['platform_count'], 'production deployment')} went through it in this period"
        return words.sentence(words.listed([text for text in (teams, count) if text]))
    ratio = f"{words.share(row['platform_ratio'])} of all production deployments go through it"
    return words.sentence(f"{teams}, and {ratio}" if teams else ratio)


def better_or_not(numbers: Numbers, lead: Change | None) -> str:
    """The answer to "is it getting better?"; `lead` is how the time to production went."""
    changes = [
        ("the time to production", lead, -1),
        ("the share of repairs", numbers.repaired(), -1),
        ("the pipelines", numbers.passed(), 1),
    ]
    return sentences.better_or_not(changes)


def products(numbers: Numbers) -> Figure:
    """Distinct products in production through the platform."""
    row = numbers.now["deployment_count"]
    models = row["platform_model_count"]
    named = f"{words.plural(models, 'model')} known by name among them. " if models else ""
    return _counted(
        numbers,
        "deployment_count",
        "platform_product_count",
        Figure(
            "Products live through the platform",
            None,
            f"{named}Each counts once, however often it is deployed.",
        ),
    )


def deployments(numbers: Numbers) -> Figure:
    """Production deployments through the platform, and their share where it can be known."""
    row = numbers.now["adoption_share"]
    if row["platform_ratio"] is not None:
        interval = words.share_range(row["platform_ratio_low"], row["platform_ratio_high"])
        known = words.number(row["known_path_count"])
        meaning = f"{words.share(row['platform_ratio'])} of {known} whose path is known ({interval})."
    else:
        reason = words.reason_of(row.get("withheld"), "platform_ratio")
        meaning = words.sentence(f"no share is shown: {words.withheld(reason)}")
    shown = Figure("Production deployments through the platform", None, meaning)
    return _counted(numbers, "adoption_share", "platform_count", shown, trends.of_counts)


def teams(numbers: Numbers, days: int) -> Figure:
    """Teams that deployed through the platform, of those that could."""
    row = numbers.now["adoption_share"]
    eligible = row["eligible_team_count"]
    meaning = f"Deployed to production through it at least once in these {words.plural(days, 'day')}."
    unit = f"of {words.number(eligible)} that could" if eligible else ""
    return _counted(numbers, "adoption_share", "active_team_count", Figure("Teams that use it", None, meaning, unit))


def lead_time(numbers: Numbers, change: Change | None) -> Figure:
    """The median from first commit to production, and where the time goes."""
    row = numbers.now["lead_time"]
    name = "From first commit to production"
    if row["lead_time_hours_median"] is None:
        return _refused(name, row)
    said = words.duration(change.before) if change else ""
    trend, mood = figures.trend(change, said, numbers.earlier, good=-1, better="faster", worse="slower")
    columns = {
        "writing": "coding_hours_median",
        "review": "review_hours_median",
        "merge to production": "deploy_hours_median",
    }
    parts = [(label, float(row[column])) for label, column in columns.items() if row[column] is not None]
    split = ", ".join(f"{label} {words.duration(hours)}" for label, hours in parts)
    whole = len(parts) == len(columns)
    return Figure(
        name,
        words.duration(row["lead_time_hours_median"]),
        f"Half of {words.plural(row['change_count'], 'change')} take less."
        + (f" The bar, left to right: {split}; half of each take less." if whole else ""),
        trend=trend,
        mood=mood,
        parts=parts if whole else (),
    )


def repaired(numbers: Numbers, provisional_days: int) -> Figure:
    """The share of deployments that had to be repaired, with its range."""
    row, change = numbers.now["change_fail_rate"], numbers.repaired()
    name = "Deployments that had to be repaired"
    if row["change_fail_ratio"] is None:
        return _refused(name, row)
    trend, mood = figures.trend(change, words.share(change.before) if change else "", numbers.earlier, good=-1)
    interval = words.share_range(row["change_fail_ratio_low"], row["change_fail_ratio_high"])
    provisional = f" The newest {provisional_days} days are provisional: incidents come later."
    return Figure(
        name,
        words.share(row["change_fail_ratio"]),
        f"{words.number(row['failed_count'])} of {words.number(row['deployment_count'])} led to an incident, "
        f"a rollback or an unplanned fix ({interval}).{provisional if row['is_provisional'] else ''}",
        unit=words.one_in(row["change_fail_ratio"]) if row["change_fail_ratio"] else "",
        trend=trend,
        mood=mood,
        before=_bar(numbers.before.get("change_fail_rate"), "failed_count", "deployment_count"),
        now=_bar(row, "failed_count", "deployment_count"),
    )


def pipelines(numbers: Numbers) -> Figure:
    """The share of pipeline runs that pass."""
    row, change = numbers.now["ci_health"], numbers.passed()
    name = "Pipeline runs that pass"
    if row["success_ratio"] is None:
        return _refused(name, row)
    trend, mood = figures.trend(change, words.share(change.before) if change else "", numbers.earlier, good=1)
    return Figure(
        name,
        words.share(row["success_ratio"]),
        f"{words.number(row['success_count'])} of {words.plural(row['run_count'], 'run')}. "
        f"{words.share(row['flaky_ratio'])} failed first and passed on the same commit.",
        trend=trend,
        mood=mood,
        before=_bar(numbers.before.get("ci_health"), "success_count", "run_count"),
        now=_bar(row, "success_count", "run_count"),
    )


def _certain(before: int, now: int) -> Change:
    """Two counts of the same things, each seen once: their difference is a fact and no estimate."""
    return Change(before, now, True)


def _counted(
    numbers: Numbers, name: str, column: str, shown: Figure, compare: Callable[[int, int], Change] = _certain
) -> Figure:
    """A figure that is a count, beside the count of the window before."""
    row, then = numbers.now[name], numbers.then(name, column)
    if row[column] is None:
        return _refused(shown.name, row)
    change = compare(then, row[column]) if then is not None else None
    trend, mood = figures.trend(change, words.number(then), numbers.earlier, good=1)
    before, now = (None, None) if then is None else (Bar(then), Bar(row[column]))
    return Figure(shown.name, words.number(row[column]), shown.meaning, shown.unit, trend, mood, before, now)


def _refused(name: str, row: Row) -> Figure:
    return Figure(name, None, words.sentence(words.withheld(row.get("withheld"))))


def _bar(row: Row | None, count: str, total: str) -> Bar | None:
    if row is None or not row.get(total) or row.get(count) is None:
        return None
    return Bar(row[count] / row[total], *wilson(row[count], row[total]))
