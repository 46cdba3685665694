"""An organisation on GitHub in memory: what the fake server answers from."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.github_app import FakeApp


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Job:
    name: str = "build"
    conclusion: str | None = "success"
    started: str | None = None
    completed: str | None = None
    failed_step: str | None = None


@dataclass(slots=True)
class Run:
    id: int
    created: str
    updated: str = ""
    started: str = ""
    status: str = "completed"
    conclusion: str | None = "success"
    attempt: int = 1
    name: str | None = "Build"
    path: str = ".github/workflows/build.yml@main"
    branch: str | None = "main"
    sha: str = "acb5820ced9479c074f688cc328bf03f341a511d"
    event: str = "push"
    actor: str = "mona-lisa"
    uses: tuple[str, ...] = ()
    jobs: list[Job] | None = None
    earlier: dict[int, "Run"] = field(default_factory=dict)
    broken: bool = False


@dataclass(slots=True)
class Status:
    state: str
    created: str
    log_url: str = ""
    target_url: str = ""


@dataclass(slots=True)
class Deployment:
    id: int
    created: str
    updated: str = ""
    environment: str = "production"
    sha: str = "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d"
    ref: str = "main"
    payload: Any = field(default_factory=dict)
    creator: str = "mona-lisa"
    statuses: list[Status] = field(default_factory=list)


@dataclass(slots=True)
class Release:
    id: int
    tag: str
    created: str
    """When its commit was made, by which GitHub lists them."""

    published: str | None = None
    prerelease: bool = False
    author: str = "mona-lisa"

    @property
    def draft(self) -> bool:
        return self.published is None


@dataclass(slots=True)
class Pull:
    id: int
    number: int
    created: str
    updated: str
    merged: str | None = None
    base: str = "main"
    head_sha: str = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
    merge_sha: str | None = "e5bd3914e2e596debea16f433f57875b5b90bcd6"
    user: str = "mona-lisa"
    user_type: str = "User"
    commits: list[str] = field(default_factory=list)
    reviews: list[tuple[str, str, str]] = field(default_factory=list)
    """(submitted_at, login, type)"""


@dataclass(slots=True)
class Issue:
    """`events` are (event, time, label)."""

    id: int
    number: int
    created: str
    updated: str = ""
    title: str = "Scores are late"
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    state_reason: str | None = None
    closed: str | None = None
    assignees: list[str] = field(default_factory=list)
    author: str = "mona-lisa"
    events: list[tuple[str, str, str | None]] = field(default_factory=list)


@dataclass(slots=True)
class ProjectItem:
    """`fields` are name -> option, number or (date,), set `at` a time. An empty `kind` is what may not be seen."""

    id: str
    title: str = "Deploy in minutes"
    kind: str = "Issue"
    state: str = "OPEN"
    reason: str | None = None
    closed: str | None = None
    labels: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    at: str = "2026-05-01T00:00:00Z"


@dataclass
class Repo:
    """`runs` stand in the order in which they were created. Without an `id`, the world gives one."""

    name: str
    id: int = 0
    default_branch: str = "main"
    runs: list[Run] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    """Tag -> commit."""

    approvals: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Run -> (state, environment) of each review."""

    has_issues: bool = True
    parents: dict[str, list[str]] = field(default_factory=dict)
    """The history: each commit with those before it."""

    transferred: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Issues that moved away: number -> id of the repository and number there."""


@dataclass
class World:
    """The server's whole state. `moved` maps old repository names to new ones, `now` is its clock (None: the real).

    With an `app`, only the tokens that it was given are good.
    """

    repos: dict[str, Repo] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    projects: dict[tuple[str, int], list[ProjectItem]] = field(default_factory=dict)
    """(owner, number) -> items."""

    organisations: set[str] = field(default_factory=lambda: {"acme"})
    token: str | None = None
    now: datetime | None = None
    app: "FakeApp | None" = None

    def add(self, repo: Repo) -> Repo:
        repo.id = repo.id or 1_296_269 + len(self.repos)
        self.moved.pop(repo.name.lower(), None)
        self.repos[repo.name.lower()] = repo
        return repo

    def rename(self, old: str, new: str) -> None:
        """GitHub leads from the old name to the new one, until another repository takes it."""
        repo = self.repos.pop(old.lower())
        repo.name = new
        self.repos[new.lower()] = repo
        self.moved = {name: new if to.lower() == old.lower() else to for name, to in self.moved.items()}
        self.moved[old.lower()] = new
        self.moved.pop(new.lower(), None)

    def time(self) -> datetime:
        return self.now or datetime.now(UTC).replace(tzinfo=None)

    def ago(self, **span: float) -> str:
        return iso(self.time() - timedelta(**span))


def simulated(runs: int, repos: int = 1, days: int = 80, seed: int = 1) -> World:
    """Repositories with so many finished runs in all, spread over the last days as working hours would."""
    rng = random.Random(seed)
    world = World()
    start = world.time() - timedelta(days=days)
    run_id = 30_000_000
    for index in range(repos):
        repo = world.add(Repo(f"acme/model-{index}", id=1296269 + index))
        count = runs // repos
        seconds = sorted(rng.randrange(days * 86_400 - 7_200) for _ in range(count))
        for second in seconds:
            created = start + timedelta(seconds=second)
            run_id += rng.randrange(1, 9)
            conclusion = rng.choices(["success", "failure", "cancelled"], [85, 12, 3])[0]
            repo.runs.append(
                Run(
                    run_id,
                    iso(created),
                    iso(created + timedelta(seconds=rng.randrange(30, 1_800))),
                    iso(created + timedelta(seconds=rng.randrange(0, 20))),
                    conclusion=conclusion,
                    actor=f"person-{rng.randrange(40)}",
                    branch=rng.choice(["main", "feature/a", "feature/b"]),
                    sha=f"{rng.getrandbits(160):040x}",
                    name=rng.choice(["Build", "ML deploy", "Lint"]),
                )
            )
    return world
