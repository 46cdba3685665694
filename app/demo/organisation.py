"""The simulated organisation: teams, their people and products, and where each stands with the platform."""

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo.calendar import Calendar
from app.demo.parameters import Effects

DAY = timedelta(days=1)

ADOPTING = frozenset({"adopter", "pilot", "quiet", "back", "monthly", "single"})


@dataclass(frozen=True)
class Member:
    account: str
    role: str
    joined_at: datetime
    weight: float
    """How much of the team's work this person does."""


@dataclass
class Team:
    team_id: str
    name: str
    domain: str
    kind: str
    stage: str
    headcount: int
    support_model: str
    speed: float
    """Multiplies the team's working times: below 1 is faster than the average team."""
    members: list[Member]
    environments: tuple[str, str, str]
    eligible_at: datetime | None = None
    onboarded_at: datetime | None = None
    adopted_at: datetime | None = None
    """When its first production deployment goes through the platform."""
    stopped_at: datetime | None = None
    """When it stopped deploying (quiet) or left the platform (back)."""

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    def present(self, at: datetime) -> list[Member]:
        return [member for member in self.members if member.joined_at <= at]

    def on_platform(self, at: datetime) -> bool:
        """Has adopted, and has not gone back to its old way."""
        left = self.stage == "back" and self.stopped_at is not None and at >= self.stopped_at
        return self.adopted_at is not None and at >= self.adopted_at and not left


@dataclass
class Product:
    number: int
    name: str
    repo: str
    team: Team
    link: str
    """How a change finds its deployment: shipped_in, sha or time."""
    mark: str
    """How a deployment via the platform is recognised: flag, workflow or uses; unknown: its old path says nothing."""
    retrain: str | None
    gap_hours: float
    """Working hours between planned releases of an average team, before adoption."""
    merges_per_hour: float
    has_model: bool
    handover: tuple[datetime, Team] | None = None

    def owner(self, at: datetime) -> Team:
        return self.handover[1] if self.handover and at >= self.handover[0] else self.team


@dataclass(frozen=True)
class World:
    """Everything that the generators share. Nothing in the data is as late as `now`."""

    seed: int
    start: datetime
    now: datetime
    effects: Effects
    calendar: Calendar
    teams: list[Team] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)

    @property
    def warm_up(self) -> datetime:
        """From when deliveries are played, so that the first month of the data is a month like any other."""
        return self.start - 60 * DAY

    def rng(self, *names: object) -> random.Random:
        """A stream of its own for each purpose, so that one generator's draws never shift another's."""
        return random.Random("/".join(map(str, (self.seed, *names))))

    def at_share(self, share: float) -> datetime:
        """The midnight (UTC) after that share of the simulated period."""
        days = (self.now - self.start).days
        return self.start + round(share * days) * DAY

    def in_month(self, name: str, at: datetime) -> float:
        """A team's good and bad months, as a factor on its working times."""
        month = (at.year - self.start.year) * 12 + at.month - self.start.month
        noise = self.effects.team_month_sd * self.rng("month", name, month).gauss(0, 1)
        return math.exp(noise) * self.effects.trend_per_month_factor**month
