"""What is known of one deployment, and of all that happened to one product."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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

    def complete(self, start: datetime, now: datetime) -> None:
        """Finds which deployment shipped which change, and keeps what is seen from `start` to `now`.

        A change of the month before is seen when a deployment that is seen ships it, a rollback when what it takes
        back is seen.
        """
        made = sorted(
            (_seen(one, now) for one in self.deployments if one.created_at < now),
            key=lambda one: (one.created_at, one.environment_class),
        )
        self.deployments = [one for one in made if (one.rollback_of or one).created_at >= start]
        for number, one in enumerate(self.deployments, start=1):
            one.deployment_id = f"{self.product.name}-d{number}"
        shipping = [one for one in made if one.ships]
        created = [one.created_at for one in shipping]
        first_seen = next((at for at in created if at >= start), start)
        seen: list[Change] = []
        for change in self.changes:
            place = bisect_left(created, change.merged_at)
            if place < len(shipping):
                change.shipped_by, change.shipped_at = shipping[place].deployment_id, shipping[place].finished_at
            counted_from = created[place] if place < len(shipping) else change.merged_at
            if counted_from >= start and change.merged_at >= min(start, first_seen - timedelta(days=30)):
                seen.append(change)
        self.changes = seen


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
