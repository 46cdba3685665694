"""Merged changes of a product: when the work began, was opened, reviewed and merged, and by whom."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.organisation import Product, World

CODING_HOURS = 11.0
REVIEW_HOURS = 9.0
HOUR = timedelta(hours=1)


@dataclass
class Change:
    """One merged change. A negative coding time is wanted in a few: a rebase rewrote the first commit's date."""

    product: Product
    merged_at: datetime
    opened_at: datetime
    first_commit_at: datetime | None
    first_review_at: datetime | None
    author: str
    is_bot: bool
    head_sha: str
    merge_sha: str
    is_hotfix: bool = False
    number: int = 0
    shipped_by: str | None = None
    shipped_at: datetime | None = None

    @property
    def change_id(self) -> str:
        return f"{self.product.repo.removeprefix('acme/')}-{self.number}"


def sha(rng: random.Random) -> str:
    return f"{rng.getrandbits(160):040x}"


def planned_changes(world: World, product: Product) -> list[Change]:
    """Changes merged since the warm-up, oldest first. Merges don't depend on adoption, reviews do."""
    rng = world.rng("change", product.name)
    clock = world.calendar.hours(world.warm_up)
    changes: list[Change] = []
    while True:
        rate = product.merges_per_hour
        if product.team.stage in {"monthly", "single"}:
            rate *= 0.25
        clock += rng.expovariate(rate)
        merged_at = world.calendar.at(clock)
        if merged_at >= world.now:
            return changes
        if _has_gone_quiet(product, merged_at) and rng.random() < 0.9:
            continue
        changes.append(_change(world, rng, product, clock))


def hotfix_change(world: World, rng: random.Random, product: Product, merged_at: datetime) -> Change:
    """A fix in a hurry: an hour's work, hardly reviewed."""
    opened_at = merged_at - rng.uniform(0.15, 0.6) * HOUR
    return Change(
        product=product,
        merged_at=merged_at,
        opened_at=opened_at,
        first_commit_at=opened_at - rng.uniform(0.1, 0.8) * HOUR,
        first_review_at=None if rng.random() < 0.4 else opened_at + (merged_at - opened_at) * 0.6,
        author=someone(rng, product, merged_at),
        is_bot=False,
        head_sha=sha(rng),
        merge_sha=sha(rng),
        is_hotfix=True,
    )


def someone(rng: random.Random, product: Product, at: datetime) -> str:
    """An account of the team that owns the product then; some do more of the work than others."""
    present = product.owner(at).present(at)
    return rng.choices(present, [member.weight for member in present])[0].account


def number_changes(changes: list[Change]) -> None:
    """Numbers each repository's changes in the order in which they were opened, as code hosts do."""
    last: dict[str, int] = {}
    for change in sorted(changes, key=lambda change: (change.opened_at, change.merged_at, change.head_sha)):
        last[change.product.repo] = last.get(change.product.repo, 0) + 1
        change.number = last[change.product.repo]


def _has_gone_quiet(product: Product, at: datetime) -> bool:
    team = product.team
    return team.stage == "quiet" and team.stopped_at is not None and at > team.stopped_at


def _change(world: World, rng: random.Random, product: Product, clock: float) -> Change:
    """Every draw is made whatever the outcome, so that a world without adoption has the same changes."""
    merged_at = world.calendar.at(clock)
    pace = pace_at(world, product, merged_at)
    review_factor = world.effects.review_factor if product.team.on_platform(merged_at) else 1.0
    review = rng.lognormvariate(math.log(REVIEW_HOURS), 0.9) * pace * review_factor
    coding = rng.lognormvariate(math.log(CODING_HOURS), 1.0) * product.team.speed
    reviewed_share = rng.betavariate(1.6, 2.0)
    dice, author = rng.random(), someone(rng, product, merged_at)
    head_sha, merge_sha = sha(rng), sha(rng)
    opened_at = world.calendar.at(clock - review)
    is_bot, is_unreviewed = dice < 0.09, dice > 0.93
    first_commit_at: datetime | None = world.calendar.at(clock - review - coding)
    if is_bot:
        first_commit_at = opened_at - timedelta(minutes=2)
    elif 0.09 < dice < 0.095:
        first_commit_at = opened_at + timedelta(hours=3 * reviewed_share)
    elif 0.095 < dice < 0.125:
        first_commit_at = None
    return Change(
        product=product,
        merged_at=merged_at,
        opened_at=opened_at,
        first_commit_at=first_commit_at,
        first_review_at=None if is_unreviewed else world.calendar.at(clock - review * reviewed_share),
        author="dependabot[bot]" if is_bot else author,
        is_bot=is_bot,
        head_sha=head_sha,
        # a fast-forward merge keeps the commit, a squash makes a new one
        merge_sha=head_sha if dice > 0.8 and product.number % 3 == 0 else merge_sha,
    )


def pace_at(world: World, product: Product, at: datetime) -> float:
    """Factor on the team's working times: its speed, the month, and the bad weeks that made it look for help."""
    team, effects = product.team, world.effects
    pace = team.speed * world.in_month(team.team_id, at)
    if team.adopted_at is not None and timedelta() < team.adopted_at - at <= timedelta(days=effects.dip_days):
        pace *= effects.dip_factor
    return pace
