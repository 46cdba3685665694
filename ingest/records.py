"""The records: what a source emits, what staging holds and what file sources accept (design, section 5).

Times are naive UTC datetimes once validated; they may come as ISO 8601 (no offset means UTC) or epoch seconds.
Each class names its `noun` (also its staging table and file prefix), the columns that make a row unique (`key`),
the ids that ingest prefixes with the source's name (`ids`), references to other records' ids (`refs`) and the
columns that hold a person (`people`), which are hashed before anything is written, and those that hold what somebody
said in their own words (`free_text`), which are scrubbed before.
"""

import re
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import from_json

EARLIEST = datetime(1990, 1, 1)
LATEST = datetime(2100, 1, 1)


def _utc(value: datetime) -> datetime:
    offset = value.utcoffset()
    if offset is not None:
        try:
            value = value.replace(tzinfo=None) - offset
        except OverflowError:
            raise ValueError("is not in the years 1 to 9999 as UTC") from None
    if value < EARLIEST:
        raise ValueError("is before 1990: not a time that a platform could have recorded")
    if value >= LATEST:
        raise ValueError("is after 2099: not a time that a platform could have recorded; leave out an end that is open")
    return value


def _iso(value: Any, validate: ValidatorFunctionWrapHandler) -> datetime:
    """Also what pydantic does not know of ISO 8601 but databases write: offsets in hours alone, and times without
    separators."""
    try:
        return cast(datetime, validate(value))
    except ValidationError:
        if not isinstance(value, str):
            raise
        with suppress(ValueError):
            return datetime.fromisoformat(value.strip())
        raise


def _split(value: Any) -> Any:
    """A list as JSON, or as text with `;`, `,`, `|` or line ends between the items (how a CSV cell holds one)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        # not json.loads, which raises no ValueError where lists are nested too deeply
        return from_json(text)
    return [part.strip() for part in re.split(r"[;,|\n]", text) if part.strip()]


Text = Annotated[str, Field(min_length=1)]
Instant = Annotated[datetime, WrapValidator(_iso), AfterValidator(_utc)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
TextList = Annotated[list[Text], BeforeValidator(_split)]


class Record(BaseModel):
    """One row of staging. Unknown fields are refused; numbers are accepted where text is wanted (ids in Parquet)."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True, allow_inf_nan=False
    )

    noun: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    ids: ClassVar[tuple[str, ...]] = ()
    refs: ClassVar[tuple[str, ...]] = ()
    people: ClassVar[tuple[str, ...]] = ()
    free_text: ClassVar[tuple[str, ...]] = ()
    in_order: ClassVar[tuple[tuple[str, str], ...]] = ()

    @model_validator(mode="after")
    def _time_order(self) -> Self:
        for earlier, later in self.in_order:
            first, last = getattr(self, earlier), getattr(self, later)
            if first is not None and last is not None and last < first:
                raise ValueError(f"{later} ({last.isoformat()}Z) is before {earlier} ({first.isoformat()}Z)")
        return self


class Team(Record):
    noun = "team"
    key = ("team_id",)
    ids = ("team_id",)

    team_id: Text
    name: Text
    domain: str | None = None
    headcount: Count | None = None
    eligible_at: Instant | None = None
    onboarded_at: Instant | None = None
    support_model: Literal["embedded", "central", "self_service"] | None = None
    is_platform_team: bool | None = None


class Ownership(Record):
    noun = "ownership"
    key = ("pattern", "product", "since")
    refs = ("team_id",)

    pattern: Text
    team_id: Text
    product: str | None = None
    since: Instant | None = None


class CiRun(Record):
    noun = "ci_run"
    key = ("run_id", "attempt")
    ids = ("run_id",)
    people = ("actor",)
    in_order = (("started_at", "finished_at"),)

    run_id: Text
    repo: Text
    workflow: Text
    created_at: Instant
    status: Literal["queued", "in_progress", "completed"]
    attempt: Annotated[int, Field(ge=1, le=2**31 - 1)] = 1
    branch: str | None = None
    event: str | None = None
    sha: str | None = None
    conclusion: (
        Literal[
            "success",
            "failure",
            "cancelled",
            "timed_out",
            "skipped",
            "neutral",
            "action_required",
            "startup_failure",
            "stale",
        ]
        | None
    ) = None
    started_at: Instant | None = None
    finished_at: Instant | None = None
    actor: str | None = None
    uses: TextList | None = None
    url: str | None = None


class CiJob(Record):
    noun = "ci_job"
    key = ("job_id",)
    ids = ("job_id",)
    refs = ("run_id",)
    in_order = (("started_at", "finished_at"),)

    job_id: Text
    run_id: Text
    name: Text
    conclusion: str | None = None
    created_at: Instant | None = None
    started_at: Instant | None = None
    finished_at: Instant | None = None
    failed_step: str | None = None


class Deployment(Record):
    noun = "deployment"
    key = ("deployment_id",)
    ids = ("deployment_id",)
    refs = ("run_id", "rollback_of")
    people = ("actor",)
    in_order = (
        ("started_at", "finished_at"),
        ("created_at", "finished_at"),
        ("approval_requested_at", "approved_at"),
    )

    deployment_id: Text
    repo: Text
    environment: Text
    created_at: Instant
    status: Literal["waiting", "pending", "in_progress", "succeeded", "failed", "cancelled", "inactive"]
    product: str | None = None
    sha: str | None = None
    ref: str | None = None
    started_at: Instant | None = None
    finished_at: Instant | None = None
    workflow: str | None = None
    run_id: str | None = None
    actor: str | None = None
    via_platform: bool | None = None
    model_name: str | None = None
    model_version: str | None = None
    data_version: str | None = None
    artifact: str | None = None
    approval_requested_at: Instant | None = None
    approved_at: Instant | None = None
    rollback_of: str | None = None
    is_unplanned: bool | None = None
    cause: Literal["human_change", "retrain", "promotion", "config", "rollback", "hotfix", "redeploy"] | None = None
    url: str | None = None


class DeployedCommit(Record):
    """A commit that a deployment contains and the one before it, in its environment, did not."""

    noun = "deployed_commit"
    key = ("deployment_id", "sha")
    refs = ("deployment_id",)

    deployment_id: Text
    sha: Text


class Change(Record):
    noun = "change"
    key = ("change_id",)
    ids = ("change_id",)
    refs = ("shipped_in",)
    people = ("author",)

    change_id: Text
    repo: Text
    merged_at: Instant
    number: Count | None = None
    opened_at: Instant | None = None
    first_commit_at: Instant | None = None
    first_review_at: Instant | None = None
    head_sha: str | None = None
    merge_sha: str | None = None
    author: str | None = None
    is_bot: bool | None = None
    shipped_in: str | None = None
    url: str | None = None


class Incident(Record):
    noun = "incident"
    key = ("incident_id",)
    ids = ("incident_id",)
    refs = ("deployment_id", "team_id")
    in_order = (("opened_at", "resolved_at"),)

    incident_id: Text
    opened_at: Instant
    resolved_at: Instant | None = None
    deployment_id: str | None = None
    repo: str | None = None
    product: str | None = None
    team_id: str | None = None
    severity: str | None = None
    detected_by: Literal["test", "monitoring", "internal_user", "customer"] | None = None
    title: str | None = None
    url: str | None = None


class ModelVersion(Record):
    noun = "model_version"
    key = ("model_name", "version")
    refs = ("run_id",)

    model_name: Text
    version: Text
    created_at: Instant
    product: str | None = None
    alias: str | None = None
    stage: str | None = None
    source_sha: str | None = None
    run_id: str | None = None
    data_version: str | None = None


class Capability(Record):
    noun = "capability"
    key = ("team_id", "capability", "observed_at")
    refs = ("team_id",)

    team_id: Text
    capability: Text
    level: Literal["not_required", "none", "tactical", "strategic"]
    observed_at: Instant
    solution: str | None = None
    since: Instant | None = None
    note: str | None = None


class Survey(Record):
    noun = "survey"
    key = ("survey_id",)
    ids = ("survey_id",)
    in_order = (("opened_at", "closed_at"),)

    survey_id: Text
    opened_at: Instant
    closed_at: Instant | None = None
    title: str | None = None
    invited_count: Count | None = None


class SurveyAnswer(Record):
    """One answer. The key holds `pain_id` too, so that a grid question that rates several pains keeps every row."""

    noun = "survey_answer"
    key = ("survey_id", "response_id", "question_id", "pain_id")
    ids = ("response_id",)
    refs = ("survey_id", "team_id", "pain_id")
    people = ("respondent",)
    free_text = ("role", "choice", "text")

    survey_id: Text
    response_id: Text
    question_id: Text
    respondent: str | None = None
    team_id: str | None = None
    role: str | None = None
    submitted_at: Instant | None = None
    pain_id: str | None = None
    rating: float | None = None
    scale_min: float | None = None
    scale_max: float | None = None
    choice: str | None = None
    text: str | None = None

    @model_validator(mode="after")
    def _rating_on_scale(self) -> Self:
        low, high = self.scale_min, self.scale_max
        if low is not None and high is not None and high <= low:
            raise ValueError(f"scale_max ({high:g}) is not above scale_min ({low:g})")
        if self.rating is not None and (
            (low is not None and self.rating < low) or (high is not None and self.rating > high)
        ):
            raise ValueError(f"rating ({self.rating:g}) is outside its scale")
        return self


class PainPoint(Record):
    noun = "pain_point"
    key = ("pain_id",)
    ids = ("pain_id",)

    pain_id: Text
    title: Text
    description: str | None = None
    theme: str | None = None
    evidence_metric: str | None = None


class Initiative(Record):
    noun = "initiative"
    key = ("initiative_id",)
    ids = ("initiative_id",)
    refs = ("pain_ids",)
    in_order = (("started_at", "shipped_at"),)

    initiative_id: Text
    title: Text
    status: Literal["idea", "planned", "in_progress", "shipped", "dropped"]
    pain_ids: TextList | None = None
    priority: Annotated[int, Field(ge=1, le=5)] | None = None
    effort_days: Annotated[float, Field(ge=0)] | None = None
    started_at: Instant | None = None
    shipped_at: Instant | None = None
    url: str | None = None
    blocker: str | None = None


RECORDS: dict[str, type[Record]] = {
    record.noun: record
    for record in (
        Team,
        Ownership,
        CiRun,
        CiJob,
        Deployment,
        DeployedCommit,
        Change,
        Incident,
        ModelVersion,
        Capability,
        Survey,
        SurveyAnswer,
        PainPoint,
        Initiative,
    )
}
