"""What each team has of the ten surfaces and the minimal stack, as the platform team wrote it down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.organisation import Team, World

# surface: how often a team without the platform has none or a tactical solution (per cent), and what it is called
_SURFACES = {
    "version control": (2, 18, "own Git server"),
    "CI/CD": (18, 60, "hand-made scripts"),
    "containerisation": (22, 48, "image built by hand"),
    "container registry": (25, 45, "shared folder"),
    "model registry": (55, 35, "spreadsheet"),
    "experiment tracking": (45, 40, "notebook names"),
    "monitoring": (48, 42, "weekly query"),
    "compute": (10, 55, "server under a desk"),
    "serving": (25, 55, "nightly file"),
    "package registry": (30, 40, "copied wheels"),
    "dev/test/prod environments": (20, 55, "two folders"),
    "audit trail": (52, 36, "mail folder"),
    "basic monitoring": (40, 45, "weekly query"),
    "data versioning": (62, 30, "dated copies"),
    "reproducible pipelines": (50, 40, "notebook"),
}
_MODELS_ONLY = frozenset({"model registry", "experiment tracking", "data versioning"})


@dataclass(frozen=True)
class Capability:
    team_id: str
    capability: str
    level: str
    observed_at: datetime
    solution: str | None
    since: datetime | None


def capabilities(world: World) -> Iterator[Capability]:
    """Each product team's state, seen twice: at a fifth of the period and near its end."""
    for team in world.teams:
        if team.kind == "platform":
            continue
        for share in (0.2, 0.9):
            observed_at = world.at_share(share).replace(hour=9)
            for surface in _SURFACES:
                yield _state(world, team, surface, observed_at)


def _state(world: World, team: Team, surface: str, observed_at: datetime) -> Capability:
    """The same team draws the same tactical state both times; adoption replaces most of it."""
    rng = world.rng("capability", team.team_id, surface)
    none, tactical, solution = _SURFACES[surface]
    draw, age, kept, pause = rng.uniform(0, 100), rng.randint(90, 1100), rng.random() < 0.15, rng.randint(0, 90)
    if surface in _MODELS_ONLY and team.kind == "software":
        return Capability(team.team_id, surface, "not_required", observed_at, None, None)
    if team.adopted_at is not None and not kept:
        since = (team.adopted_at + timedelta(days=pause)).replace(hour=8, minute=0, second=0)
        if since < observed_at:
            return Capability(team.team_id, surface, "strategic", observed_at, "ML platform", since)
    if draw < none:
        return Capability(team.team_id, surface, "none", observed_at, None, None)
    level = "tactical" if draw < none + tactical else "strategic"
    since = (world.start - timedelta(days=age)).replace(hour=8)
    return Capability(
        team.team_id, surface, level, observed_at, solution if level == "tactical" else "central service", since
    )
