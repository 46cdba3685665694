"""The metrics once more, from the definitions alone: plain Python over plain records, no SQL, one loop after the other.

It is slow and knows one source only. What it shares with the code under test is the records, nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatch
from typing import Any
from zoneinfo import ZoneInfo

from queries.definitions import Definitions

CHANGES = {"human_change", "promotion", "config", "hotfix"}
VERDICTS = {"success", "failure", "timed_out"}
Row = dict[str, Any]


@dataclass
class Deployed:
    """A deployment with what follows from the others."""

    row: Row
    environment_class: str
    team_id: str | None
    product: str | None
    path: str
    finished_at: datetime | None
    cause: str = ""
    is_unplanned: bool = False
    previous: "Deployed | None" = None
    failures: list[str] = field(default_factory=list)
    """How it is known to have failed: `named` or `inferred`, once per evidence."""

    @property
    def id(self) -> str:
        return str(self.row["deployment_id"])

    @property
    def is_live(self) -> bool:
        """Succeeded in production."""
        return self.environment_class == "production" and self.row["status"] == "succeeded"


@dataclass
class Changed:
    """A change with the deployment that shipped it."""

    row: Row
    shipped: Deployed | None
    team_id: str | None
    is_waiting: bool

    def hours(self, first: datetime | None, last: datetime | None) -> float | None:
        return None if first is None or last is None else (last - first).total_seconds() / 3600

    @property
    def parts(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Coding, review, deploy and all of it, in hours."""
        commit, opened = self.row.get("first_commit_at"), self.row.get("opened_at")
        merged, live = self.row["merged_at"], self.shipped.finished_at if self.shipped else None
        return (
            self.hours(commit, opened),
            self.hours(opened, merged),
            self.hours(merged, live),
            self.hours(commit, live),
        )


@dataclass
class Ran:
    """A run of a pipeline with all its attempts."""

    first: Row | None
    last: Row
    created_at: datetime
    team_id: str | None
    attempt_count: int
    is_flaky: bool


class Recount:
    """Everything that the figures are made of."""

    def __init__(self, records: dict[str, list[Row]], definitions: Definitions, now: datetime) -> None:
        self.records, self.definitions = records, definitions
        self.zone = ZoneInfo(definitions.timezone)
        self.as_of = min(now, max(self._moments()))
        self.domain = {team["team_id"]: team.get("domain") for team in records["team"]}
        self.deployments = self._deployments()
        self.live = [one for one in self.deployments if one.is_live]
        self._blame_by_incidents()
        self._blame_by_repairs()
        self.changes = [self._change(row) for row in records["change"]]
        self.runs = self._runs()

    def day(self, moment: datetime) -> date:
        """The reporting day of a UTC instant."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def _moments(self) -> Iterable[datetime]:
        """Everything dated that happened, but surveys and teams, which are dated ahead."""
        for noun in ("ci_run", "deployment", "change", "incident", "survey_answer"):
            for row in self.records[noun]:
                for name in ("created_at", "finished_at", "merged_at", "opened_at", "resolved_at", "submitted_at"):
                    if row.get(name) is not None and not (noun == "change" and name == "opened_at"):
                        yield row[name]

    def owner(self, repo: str, product: str | None, at: datetime) -> tuple[str | None, str | None]:
        """Team and product by ownership; where the best rules disagree there is none."""
        fitting = []
        for rule in self.records["ownership"]:
            since, ruled = rule.get("since", datetime.min), rule.get("product")
            if not fnmatch(repo.lower(), rule["pattern"].lower()) or since > at:
                continue
            fit = 3 if product is not None and product == ruled else 2 if ruled is None or product is None else 1
            literal = len(rule["pattern"].replace("*", ""))
            fitting.append(((fit, literal, ruled is None, since), rule["team_id"], ruled))
        best = [(team, ruled) for rank, team, ruled in fitting if rank == max(found[0] for found in fitting)]
        teams, products = {team for team, _ in best}, {ruled for _, ruled in best} - {None}
        return (teams.pop() if len(teams) == 1 else None), (products.pop() if len(products) == 1 else None)

    def _environment_class(self, name: str) -> str:
        for kind in ("production", "test", "development"):
            if any(fnmatch(name.lower(), glob.lower()) for glob in self.definitions.environments[kind]):
                return kind
        return "other"

    def _deployments(self) -> list[Deployed]:
        runs: dict[str, Row] = {}
        for run in self.records["ci_run"]:
            if run["run_id"] not in runs or run["attempt"] > runs[run["run_id"]]["attempt"]:
                runs[run["run_id"]] = run
        made = []
        for row in self.records["deployment"]:
            team, owned = self.owner(row["repo"], row.get("product"), row["created_at"])
            run = runs.get(row.get("run_id", ""), {})
            ended = row["status"] in {"succeeded", "failed", "cancelled"}
            made.append(
                Deployed(
                    row,
                    self._environment_class(row["environment"]),
                    team,
                    row.get("product") or owned,
                    self._path(row, run),
                    (row.get("finished_at") or run.get("finished_at") or row["created_at"]) if ended else None,
                )
            )
        latest: dict[tuple[str, str], Deployed] = {}
        made.sort(key=lambda one: (one.finished_at or one.row["created_at"], one.row["created_at"], one.id))
        for one in made:
            place = one.product or f"repository {one.row['repo']}", one.row["environment"].lower()
            one.previous = latest.get(place)
            one.cause = self._cause(one, runs.get(one.row.get("run_id", ""), {}))
            one.is_unplanned = bool(
                one.row.get("is_unplanned") or one.row.get("rollback_of") or one.cause in {"rollback", "hotfix"}
            )
            if one.row["status"] == "succeeded":
                latest[place] = one
        return made

    def _path(self, row: Row, run: Row) -> str:
        if row.get("via_platform") is not None:
            return "platform" if row["via_platform"] else "off_platform"
        rules, workflow, uses = (
            self.definitions.platform_rules,
            row.get("workflow") or run.get("workflow"),
            run.get("uses"),
        )
        if any(fnmatch((workflow or "").lower(), glob.lower()) for glob in rules["workflows"]):
            return "platform"
        if any(fnmatch(used.lower(), glob.lower()) for used in uses or [] for glob in rules["uses"]):
            return "platform"
        return "unknown" if workflow is None and uses is None else "off_platform"

    def _cause_by_rule(self, row: Row, run: Row) -> str | None:
        seen = {
            "refs": row.get("ref"),
            "workflows": row.get("workflow") or run.get("workflow"),
            "events": run.get("event"),
        }
        for cause in ("rollback", "hotfix", "retrain", "promotion", "config", "redeploy", "human_change"):
            for kind, globs in self.definitions.cause_rules[cause].items():
                if any(fnmatch((seen[kind] or "").lower(), glob) for glob in globs):
                    return cause
        return None

    def _cause(self, one: Deployed, run: Row) -> str:
        row = one.row
        if row.get("cause"):
            return str(row["cause"])
        if row.get("rollback_of"):
            return "rollback"
        ruled = self._cause_by_rule(row, run)
        if row.get("is_unplanned") and ruled != "rollback":
            return "hotfix"
        if ruled:
            return ruled
        model = [row.get(name) for name in ("model_name", "model_version", "data_version")]
        before = one.previous.row if one.previous else {}
        same_commit = one.previous is not None and row.get("sha") is not None and row["sha"] == before.get("sha")
        same_model = model == [before.get(name) for name in ("model_name", "model_version", "data_version")]
        if row.get("model_name") and (run.get("event") == "schedule" or (same_commit and not same_model)):
            return "retrain"
        return "redeploy" if same_commit and same_model else "human_change"

    def _blame_by_incidents(self) -> None:
        by_id = {one.id: one for one in self.live}
        window = timedelta(hours=self.definitions.incident_window_hours)
        products = {one.product for one in self.live} - {None}
        for incident in self.records["incident"]:
            if incident.get("deployment_id"):
                if incident["deployment_id"] in by_id:
                    by_id[incident["deployment_id"]].failures.append("named")
                continue
            product, repo, team = (incident.get(name) for name in ("product", "repo", "team_id"))
            if product and (not repo or product in products):
                mine = [one for one in self.live if one.product == product]
            elif repo:
                mine = [one for one in self.live if one.row["repo"] == repo and not (product and one.product)]
            else:
                mine = [one for one in self.live if one.team_id == team and team is not None]
            before = [one for one in mine if one.finished_at and one.finished_at <= incident["opened_at"]]
            newest = max(before, key=lambda one: (one.finished_at, one.id), default=None)
            if newest and newest.finished_at and incident["opened_at"] - newest.finished_at <= window:
                newest.failures.append("inferred")

    def _blame_by_repairs(self) -> None:
        by_id = {one.id: one for one in self.live}
        window = timedelta(hours=self.definitions.incident_window_hours)
        for repair in self.deployments:
            ended = repair.row["status"] in {"succeeded", "failed"} and repair.environment_class == "production"
            if not ended or not repair.is_unplanned:
                continue
            broken = by_id.get(repair.row.get("rollback_of", ""))
            if repair.row.get("rollback_of"):
                if broken:
                    broken.failures.append("named")
            elif repair.previous and repair.previous.id in by_id and repair.previous.finished_at:
                soon = repair.row["created_at"] - repair.previous.finished_at <= window
                if repair.cause == "rollback" or soon:
                    repair.previous.failures.append("inferred")

    def _change(self, row: Row) -> Changed:
        live = [one for one in self.live if one.row["repo"] == row["repo"]]
        commits = {row.get("head_sha"), row.get("merge_sha")} - {None}
        named = [one for one in self.live if one.id == row.get("shipped_in")]
        same = sorted((one for one in live if one.row.get("sha") in commits), key=lambda one: (one.finished_at, one.id))
        first = min((one.row["created_at"] for one in live), default=None)
        is_early = first is not None and row["merged_at"] < first - timedelta(days=30)
        after = [one for one in live if one.cause in CHANGES and one.row["created_at"] >= row["merged_at"]]
        after.sort(key=lambda one: (one.row["created_at"], one.finished_at, one.id))
        shipped = next(iter([*named, *same, *([] if is_early else after)]), None)
        waits = shipped is None and first is not None and not is_early and row["merged_at"] <= self.as_of
        team = shipped.team_id if shipped else None
        return Changed(row, shipped, team or self.owner(row["repo"], None, row["merged_at"])[0], waits)

    def _runs(self) -> list[Ran]:
        attempts: dict[str, list[Row]] = defaultdict(list)
        verdicts: dict[tuple[str, str, str], list[tuple[datetime, int, str, str]]] = defaultdict(list)
        for row in self.records["ci_run"]:
            attempts[row["run_id"]].append(row)
            if row.get("sha") and row.get("conclusion") in VERDICTS:
                moment = row.get("finished_at") or row.get("started_at") or row["created_at"]
                key = row["repo"], row["workflow"], row["sha"]
                verdicts[key].append((moment, row["attempt"], row["conclusion"], row["run_id"]))
        flaky = set()
        for found in verdicts.values():
            has_failed = False
            for _, _, conclusion, run_id in sorted(found):
                if conclusion == "success" and has_failed:
                    flaky.add(run_id)
                    break
                has_failed = has_failed or conclusion != "success"
        made = []
        for run_id, rows in attempts.items():
            rows.sort(key=lambda row: row["attempt"])
            created = min(row["created_at"] for row in rows)
            team, _ = self.owner(rows[0]["repo"], None, created)
            first = rows[0] if rows[0]["attempt"] == 1 else None
            made.append(Ran(first, rows[-1], created, team, rows[-1]["attempt"], run_id in flaky))
        return made
