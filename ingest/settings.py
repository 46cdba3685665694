"""The settings of each kind of source: the tables `[[source]]` of `uptake.toml`. A new kind adds its class here."""

import re
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    InstanceOf,
    field_validator,
    model_validator,
)

from ingest.authorization import basic
from ingest.incident_settings import (
    GithubIssues,
    GithubProject,
    JiraSettings,
    OpsgenieSettings,
    PagerdutySettings,
    StatuspageSettings,
)
from ingest.survey_settings import SurveySettings, TypeformSettings
from ingest.tables import AccountSettings, ApiSettings, Belongs, Entry, Globs, SecretSettings, Table, address


@dataclass(frozen=True)
class S3Path:
    """A place in object storage: a bucket, and a prefix or an object in it."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def _place(value: Any) -> Any:
    """s3://bucket/prefix as what it is: a Path would take it for a folder."""
    if not isinstance(value, str) or not value.startswith("s3://"):
        return value
    bucket, _, prefix = value.removeprefix("s3://").partition("/")
    if not bucket or has_magic(value):
        raise ValueError("must be s3://bucket/prefix, without wildcards")
    return S3Path(bucket, prefix.strip("/"))


class FilesSettings(Entry):
    """Exports in a folder, or in object storage, where the `_env` keys name the variables that hold the credentials."""

    kind: Literal["files"]
    path: Annotated[InstanceOf[S3Path] | Path, BeforeValidator(_place)]
    ignore: list[str] = []
    endpoint: Annotated[str, AfterValidator(address)] | None = None
    """Without it, Amazon's own."""
    region: str = "us-east-1"
    access_key_env: str | None = None
    secret_key_env: str | None = None

    @model_validator(mode="after")
    def _storage(self) -> Self:
        if (self.access_key_env is None) != (self.secret_key_env is None):
            raise ValueError("needs both access_key_env and secret_key_env, or none of them where all may read")
        if not isinstance(self.path, S3Path) and (self.endpoint or self.access_key_env):
            raise ValueError("endpoint and keys are for a path such as s3://bucket/prefix")
        return self


class GithubSettings(ApiSettings):
    kind: Literal["github"]
    base_url: str = "https://api.github.com"
    repos: Annotated[Globs, Field(min_length=1)]
    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    jobs: bool = True
    graphql: bool = True
    """Ask for details of many at once, where GitHub lets us."""
    compare: Globs = ["prod*", "live"]
    """Environments whose deployments are each compared with the one before."""
    approvals: bool = True
    """Also ask who let a deployment go on that had waited: a reviewer, or a timer."""
    releases: dict[str, str] = {}
    """Repository (glob) -> the environment that its releases go into."""
    issues: list[GithubIssues] = []
    roadmap: list[GithubProject] = []
    app_id: int | None = None
    """Ask as this GitHub App, with its private key, instead of with a token."""
    installation_id: int | None = None
    """Without it, that of the owner of the repositories."""
    private_key_env: str | None = None
    private_key_file: Path | None = None

    @model_validator(mode="after")
    def _app(self) -> Self:
        key = [self.private_key_env, self.private_key_file]
        if self.app_id is None:
            if self.installation_id or any(key):
                raise ValueError("installation_id and private_key_* belong to a GitHub App; give app_id too")
            return self
        if self.has_token:
            raise ValueError("app_id and a token cannot both be given; keep one")
        if sum(map(bool, key)) != 1:
            raise ValueError("app_id needs private_key_env or private_key_file, where the app's private key is")
        owners = {repo.split("/")[0].lower() for repo in self.repos}
        if len(owners) > 1:
            raise ValueError(
                f"an app reads one account at a time, and `repos` names {', '.join(sorted(owners))}; "
                "make a source of each"
            )
        return self

    @field_validator("repos")
    @classmethod
    def _repos(cls, value: list[str]) -> list[str]:
        for repo in value:
            if not re.fullmatch(r"[^/\s*?\[]+/[^/\s]+", repo):
                raise ValueError(f"'{repo}' is not owner/name or owner/glob, such as acme/fraud-model or acme/*")
        return value

    def released_to(self, repo: str) -> str | None:
        """The environment that a repository's releases go into, if they do."""
        known = (environment for glob, environment in self.releases.items() if fnmatchcase(repo.lower(), glob.lower()))
        return next(known, None)


class GitlabSettings(ApiSettings):
    kind: Literal["gitlab"]
    base_url: str = "https://gitlab.com/api/v4"
    projects: Annotated[Globs, Field(min_length=1)]
    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    jobs: bool = True
    approvals: bool = True
    """Also ask when deployments were approved: one more request per deployment."""
    pipeline_names: bool = False
    """Take a pipeline's own name for its workflow. Else it is left out: a name may hold a commit's title."""
    tiers: bool = False
    """Put the tier that GitLab knows before the environment's name: production/eu-west."""

    def authorization(self, token: str) -> tuple[str, str]:
        return "PRIVATE-TOKEN", token

    @field_validator("base_url")
    @classmethod
    def _api(cls, value: str) -> str:
        return value if re.search(r"/api/v\d+$", value) else f"{value}/api/v4"

    @field_validator("projects")
    @classmethod
    def _projects(cls, value: list[str]) -> list[str]:
        for project in value:
            if not re.fullmatch(r"[^/\s]+(/[^/\s]+)+|\*", project):
                raise ValueError(f"'{project}' is no path of a project, such as acme/ml/fraud-model, acme/* or *")
        return value


class MlflowSettings(AccountSettings):
    kind: Literal["mlflow"]
    environments: dict[str, str] = {"champion": "production", "production": "production"}
    """Alias or stage -> the environment that a version comes into when it is named so."""
    via_platform: bool | None = None
    runs: bool = True
    """Also ask for the run of each version, for its commit and data: one more request per version."""
    belongs: list[Belongs] = []


class AzureDevopsSettings(ApiSettings):
    kind: Literal["azure_devops"]
    projects: Globs = ["*"]
    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    jobs: bool = True
    approvals: bool = True
    """Also ask when deployments were approved: one more request per build that deploys."""
    api_version: Annotated[str, Field(pattern=r"^\d+\.\d+(-preview(\.\d+)?)?$")] = "7.1"

    def authorization(self, token: str) -> tuple[str, str]:
        return basic("", token)


Origin = Annotated[str, Field(pattern=r"^(application|project|namespace|cluster|(label|annotation):\S+)$")]
"""What of an application holds a name: itself, its project, where it goes to, or one of its labels or annotations."""


class ArgocdSettings(ApiSettings):
    kind: Literal["argocd"]
    applications: Globs = ["*"]
    environment: Annotated[list[Origin], Field(min_length=1)] = ["namespace"]
    product: list[Origin] = []
    repo: list[Origin] = []
    """Where the repository of the code stands; without it, that of the manifests."""


class JenkinsDeployment(Table):
    """How a build, or a stage in it, is known as a deployment, and to which environment."""

    job: Annotated[str, Field(min_length=1)]
    environment: str | None = None
    parameter: str | None = None
    """The build's parameter that holds the environment."""
    stage: str | None = None

    @model_validator(mode="after")
    def _one_environment(self) -> Self:
        if (self.environment is None) == (self.parameter is None):
            raise ValueError(f"'{self.job}' needs either an environment or the parameter that holds it")
        return self


class JenkinsSettings(AccountSettings):
    kind: Literal["jenkins"]
    jobs: Globs = ["*"]
    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    stages: bool = True
    libraries: list[str] = []
    """Repositories of shared libraries: builds check them out too, and are not of them."""
    deployments: list[JenkinsDeployment] = []


class BuildbotSettings(AccountSettings):
    kind: Literal["buildbot"]
    builders: Globs = ["*"]
    since: date | None = None
    """How far back the first sync goes; without it, 90 days."""
    steps: bool = True
    """Also read the steps of each build: one more request per build."""
    changes: bool = False
    """Also read commits as changes. Where another source knows them too, they would count twice."""
    branches: Globs = ["main", "master", "trunk"]
    """Commits on these are merged changes."""
    scheduled: Globs = ["nightly*"]
    """Schedulers that start builds by the clock."""
    deployments: dict[str, str] = {}
    """Builder (glob) -> the environment that its builds deploy to."""
    belongs: list[Belongs] = []


class CdeventsSettings(SecretSettings):
    """Events that others send. The token is the secret that they send along."""

    kind: Literal["cdevents"]
    path: Path | None = None
    via_platform: bool | None = None
    belongs: list[Belongs] = []

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if not self.path and not self.has_token:
            raise ValueError("needs path, the folder of its files, or token_env, the secret of `uptake receive`")
        return self


SourceSettings = Annotated[
    FilesSettings
    | CdeventsSettings
    | GithubSettings
    | GitlabSettings
    | JenkinsSettings
    | AzureDevopsSettings
    | ArgocdSettings
    | MlflowSettings
    | BuildbotSettings
    | PagerdutySettings
    | OpsgenieSettings
    | StatuspageSettings
    | JiraSettings
    | SurveySettings
    | TypeformSettings,
    Field(discriminator="kind"),
]

KINDS: tuple[str, ...] = tuple(
    get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(SourceSettings)[0])
)
