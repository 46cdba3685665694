"""The settings of sources of incidents, of Jira, and of issues on GitHub."""

import re
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ingest.authorization import basic, bearer
from ingest.tables import AccountSettings, ApiSettings, Belongs, DetectedBy, Globs, Priority, Table

InitiativeStatus = Literal["idea", "planned", "in_progress", "shipped", "dropped"]


class IncidentSettings(ApiSettings):
    """A source of incidents. Whose they are is told by `belongs`, by globs on the names of services and teams."""

    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    detected_by: DetectedBy | None = None
    """Who notices first where this source's incidents come from."""
    belongs: list[Belongs] = []


class PagerdutySettings(IncidentSettings):
    kind: Literal["pagerduty"]
    base_url: str = "https://api.pagerduty.com"
    services: Globs = ["*"]
    urgencies: list[Literal["high", "low"]] = ["high", "low"]

    def authorization(self, token: str) -> tuple[str, str]:
        return "Authorization", f"Token token={token}"


class OpsgenieSettings(IncidentSettings):
    kind: Literal["opsgenie"]
    base_url: str = "https://api.opsgenie.com"
    user: str | None = None
    """Of Jira Service Management: the account that the token belongs to."""
    reads: Literal["incidents", "alerts"] = "incidents"
    services: Globs = ["*"]
    priorities: list[Literal["P1", "P2", "P3", "P4", "P5"]] = ["P1", "P2", "P3", "P4", "P5"]

    @property
    def is_jira(self) -> bool:
        """Whether the address is that of Jira Service Management, which has alerts only: its incidents are issues."""
        return "/jsm/ops/" in f"{self.base_url}/"

    def authorization(self, token: str) -> tuple[str, str]:
        if not self.is_jira:
            return "Authorization", f"GenieKey {token}"
        return basic(self.user, token) if self.user else bearer(token)


class StatuspageSettings(ApiSettings):
    kind: Literal["statuspage"]
    services: Globs = ["*"]
    impacts: list[str] = ["minor", "major", "critical"]
    """Impacts that count; `none` is news rather than an incident."""
    detected_by: DetectedBy | None = None
    belongs: list[Belongs] = []


class JiraSettings(AccountSettings):
    """`reads` says what the issues of `jql` are: initiatives of a roadmap, or incidents."""

    kind: Literal["jira"]
    jql: Annotated[str, Field(min_length=1)]
    reads: Literal["initiatives", "incidents"] = "initiatives"
    api: Literal["cloud", "server"] = "cloud"
    """Jira Cloud, or Jira Server and Data Center."""
    since: date | None = None
    """How far back the first sync of incidents goes; without it, 90 days. A roadmap is read as a whole."""
    pain_prefix: str = "pain:"
    """Labels that begin so name the pain that an initiative is to ease."""
    pain_source: str | None = None
    """The source that the pains come from."""
    priorities: dict[str, Priority] = {"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}
    statuses: dict[str, InitiativeStatus] = {}
    """Status or resolution -> what it means; what is not named here goes by Jira's category of the status."""
    effort_field: str | None = None
    days_per_effort: Annotated[float, Field(gt=0)] = 1
    start_field: str | None = None
    detected_by: DetectedBy | None = None
    belongs: list[Belongs] = []

    @field_validator("jql")
    @classmethod
    def _jql(cls, value: str) -> str:
        if re.search(r"\border\s+by\b", value, re.IGNORECASE):
            raise ValueError("must not hold ORDER BY: Uptake orders the issues itself")
        return value


class GithubIssues(Table):
    """Issues of a GitHub source that have one of `labels`; `reads` says what they are."""

    reads: Literal["initiatives", "incidents"]
    labels: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    repos: Globs = ["*"]
    """Of the source's repositories, those whose issues are read: globs on owner/name."""
    pain_prefix: str = "pain:"
    pain_source: str | None = None
    priorities: dict[str, Priority] = {}
    """Label -> 1 (highest) to 5."""
    statuses: dict[str, InitiativeStatus] = {}
    """Label -> what it means; what has none goes by its state and by whether it is assigned."""
    efforts: dict[str, Annotated[float, Field(ge=0)]] = {}
    """Label -> days."""
    blockers: Globs = ["blocked*"]
    """Labels that say what an initiative waits for."""
    severities: Globs = ["sev*"]
    """Labels that say how severe an incident is."""
    detected_by: DetectedBy | None = None
    belongs: list[Belongs] = []

    def covers(self, repo: str) -> bool:
        return any(fnmatchcase(repo.lower(), glob.lower()) for glob in self.repos)


class GithubProject(Table):
    """A GitHub project as the roadmap: what is in it are initiatives."""

    project: Annotated[str, Field(pattern=r"^[^/\s]+/\d+$")]
    """Its owner and number: acme/7."""
    status_field: str = "Status"
    statuses: dict[str, InitiativeStatus] = {}
    """Option of the status field -> what it means; what is not named goes by the issue's state, else by usual names."""
    priority_field: str = "Priority"
    priorities: dict[str, Priority] = {"P0": 1, "P1": 2, "P2": 3}
    """Option of the priority field -> 1 (highest) to 5."""
    effort_field: str = "Estimate"
    days_per_effort: Annotated[float, Field(gt=0)] = 1
    start_field: str = "Start date"
    pain_prefix: str = "pain:"
    pain_source: str | None = None
    blockers: Globs = ["blocked*"]
