"""What is known of one deployment, and of all that happened to one product."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime

from app.demo.change import Change
from app.demo.organisation import Product

SHIPPING = frozenset({"human_change", "config", "promotion", "hotfix"})


@dataclass
class Deployment:
    """One attempt to bring a product into an environment (class: production, test or development)."""

    product: Product
    environment: str
    environment_class: str
    created_at: datetime
    status: str
    cause: str
    path: str
    actor: str
    sha: str | None = None
    ref: str = "main"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    approval_requested_at: datetime | None = None
    approved_at: datetime | None = None
    rollback_of: "Deployment | None" = None
    model_version: int | None = None
    led_to: str | None = None
    """The true failure that it caused: incident, rollback, hotfix, or incident+rollback, incident+hotfix."""
    noticed_at: datetime | None = None
    """When that failure was noticed."""
    deployment_id: str = ""
    run_id: str | None = None

    @property
    def is_live(self) -> bool:
        return self.environment_class == "production" and self.status == "succeeded"

    @property
    def ships(self) -> bool:
        """Brings everything merged so far into production: a retrain and a rollback do not."""
        return self.is_live and self.cause in SHIPPING

    @property
    def is_planned(self) -> bool:
        return self.ships and self.cause != "hotfix"


@dataclass
class History:
    """What happened to one product; changes and deployments oldest first once it is complete."""

    product: Product
    changes: list[Change]
    deployments: list[Deployment] = field(default_factory=list)

    def complete(self, now: datetime) -> None:
        """Sorts, cuts off what lies after `now`, gives ids, and finds which deployment shipped which change."""
        self.deployments = [_seen(made, now) for made in self.deployments if made.created_at < now]
        self.deployments.sort(key=lambda made: (made.created_at, made.environment_class))
        for number, made in enumerate(self.deployments, start=1):
            made.deployment_id = f"{self.product.name}-d{number}"
        shipping = [made for made in self.deployments if made.ships]
        created = [made.created_at for made in shipping]
        for change in self.changes:
            place = bisect_left(created, change.merged_at)
            if place < len(shipping):
                change.shipped_by = shipping[place].deployment_id
                change.shipped_at = shipping[place].finished_at


def _seen(made: Deployment, now: datetime) -> Deployment:
    """A deployment as it stands at `now`: what ends later has not ended."""
    if made.finished_at is not None and made.finished_at < now:
        return made
    made.finished_at = None
    if made.approved_at is not None and made.approved_at >= now:
        made.approved_at = None
    if made.started_at is not None and made.started_at >= now:
        made.started_at = None
    if made.approval_requested_at is not None and made.approval_requested_at >= now:
        made.approval_requested_at = None
    made.status = "in_progress" if made.started_at else "waiting"
    return made
