"""The release process of a product: planned releases through its environments until production succeeds."""

import math
from bisect import bisect_left
from datetime import datetime, timedelta

from app.demo.change import Change, pace_at, someone
from app.demo.deployment import Deployment, History
from app.demo.organisation import Product, World
from app.demo.repair import Repair

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
APPROVAL_HOURS = 5.0
CLASSES = ("production", "test", "development")


class Release:
    """Plays the releases of one product in one world."""

    def __init__(self, world: World, product: Product, changes: list[Change]) -> None:
        self.world, self.product = world, product
        self.rng = world.rng("release", product.name)
        self.history = History(product, changes)
        self.merged = [change.merged_at for change in changes]
        self.busy_until = world.warm_up
        adopted_at = product.team.adopted_at
        self.adopted = world.calendar.hours(adopted_at) if adopted_at else math.inf
        self.trust = 0.0
        """Grows with each success seen, shrinks with each failure: approvals come faster the more there is."""

    def run(self) -> History:
        planned = self._planned()
        for place, clock in enumerate(planned):
            upcoming = self.world.calendar.at(planned[place + 1]) if place + 1 < len(planned) else self.world.now
            at, draw = self.world.calendar.at(clock), self.rng.random()
            # with nothing merged there is mostly nothing to release; the day of adoption is kept all the same
            wanted = self._has_news(at) or draw < 0.15 or clock == self.adopted
            if at > self.busy_until and wanted:
                self._release(clock, min(upcoming, self.world.now))
        return self.history

    def _planned(self) -> list[float]:
        """Working hours at which releases are planned."""
        world, team, product = self.world, self.product.team, self.product
        if team.stage == "monthly":
            return []
        if team.stage == "single":
            return [self.adopted]
        leads = product.name.endswith(("-model", "-service", "-portal"))
        clock = world.calendar.hours(world.warm_up) + self.rng.random() * product.gap_hours
        planned: list[float] = []
        while (at := world.calendar.at(clock)) < world.now:
            if team.stage == "quiet" and team.stopped_at and at > team.stopped_at:
                break
            planned.append(clock)
            factor = world.effects.release_gap_factor if team.on_platform(at) else 1.0
            mean = product.gap_hours * pace_at(world, product, at) * factor
            later = clock + max(2.0, self.rng.gammavariate(4, mean / 4))
            # the day of adoption is the day of the leading product's first release through the platform
            clock = self.adopted if leads and clock < self.adopted <= later else later
        return planned

    def _release(self, clock: float, upcoming: datetime) -> None:
        """Test first, then production until it succeeds; a bad one is repaired before the next is due."""
        rng, calendar = self.rng, self.world.calendar
        created_at = self._moment(calendar.at(clock), upcoming)
        path = self._path(created_at)
        cause = "human_change" if self._has_news(created_at) and rng.random() > 0.04 else "config"
        self._rehearse(clock, path, cause)
        for attempt in range(3):
            made = self._attempt(created_at, path, cause, is_last=attempt == 2)
            self.busy_until = (made.finished_at or created_at) + HOUR
            if made.status == "succeeded":
                self._settle(made, upcoming)
                return
            created_at = calendar.at(calendar.hours(self.busy_until) + rng.expovariate(1 / 2.0))
            if created_at >= upcoming:
                return

    def _moment(self, at: datetime, upcoming: datetime) -> datetime:
        """Mostly as planned; now and then in the evening or on a Saturday, in hard-pressed teams more often."""
        team, draw, later = self.product.team, self.rng.random(), self.rng.uniform(2, 5)
        pressure = (3.0 if team.speed > 1.25 else 1.0) * (0.5 if team.on_platform(at) else 1.0)
        moved = at
        if draw < 0.025 * pressure and at.weekday() >= 3:
            moved = at + timedelta(days=5 - at.weekday())
        elif draw < 0.055 * pressure:
            moved = at + later * HOUR
        return moved if moved < upcoming and not self.world.calendar.is_holiday(moved) else at

    def _path(self, at: datetime) -> str:
        team, draw = self.product.team, self.rng.random()
        if team.kind == "platform":
            return "platform"
        if team.adopted_at is not None and team.on_platform(at):
            weeks = (at - team.adopted_at).days / 7
            moved = 0.6 + 0.4 * weeks / self.world.effects.mixed_path_weeks
            return "platform" if weeks < 0.5 or draw < moved else "off_platform"
        return "unknown" if self.product.mark == "unknown" and draw < 0.7 else "off_platform"

    def _newest(self, at: datetime) -> str | None:
        """The commit that holds everything merged by then; some products don't say."""
        place = bisect_left(self.merged, at)
        if self.product.link == "time" or place == 0:
            return None
        return self.history.changes[place - 1].merge_sha

    def _has_news(self, at: datetime) -> bool:
        """Something was merged since the last release."""
        last = next((one.created_at for one in reversed(self.history.deployments) if one.ships), self.world.warm_up)
        return bisect_left(self.merged, last) < bisect_left(self.merged, at)

    def _rehearse(self, clock: float, path: str, cause: str) -> None:
        """Deployments to development (some) and test (nearly all) before production."""
        rng, calendar = self.rng, self.world.calendar
        plan = ("development", 0.4, rng.uniform(3, 9)), ("test", 0.93, rng.uniform(0.3, 2.5))
        for kind, share, ahead in plan:
            if rng.random() < share:
                created_at = calendar.at(clock - ahead)
                status = rng.choices(("succeeded", "failed", "cancelled", "inactive"), (84, 11, 3, 2))[0]
                made = self._record(kind, created_at, status, cause, path)
                made.started_at = created_at + rng.uniform(5, 60) * timedelta(seconds=1)
                made.finished_at = made.started_at + rng.lognormvariate(math.log(6), 0.4) * MINUTE

    def _attempt(self, created_at: datetime, path: str, cause: str, is_last: bool) -> Deployment:
        rng, effects, calendar = self.rng, self.world.effects, self.world.calendar
        on_platform = path == "platform"
        made = self._record("production", created_at, "succeeded", cause, path)
        asks, wait = rng.random() < (0.95 if on_platform else 0.45), rng.lognormvariate(0, 0.8)
        start = created_at + rng.uniform(0.2, 2) * MINUTE
        if asks:
            made.approval_requested_at = start
            hours = APPROVAL_HOURS * (effects.approval_factor if on_platform else 1.0) * wait
            hours *= (1 + self.trust / 3) ** -0.6
            made.approved_at = start = max(start, calendar.at(calendar.hours(start) + hours))
        made.started_at = start + rng.uniform(3, 40) * timedelta(seconds=1)
        made.finished_at = made.started_at + rng.lognormvariate(math.log(7), 0.4) * MINUTE
        failure = effects.attempt_failure_after if on_platform else effects.attempt_failure_before
        draw = rng.random()
        if not is_last and draw < failure:
            made.status = "failed"
        elif not is_last and draw > 0.975:
            made.status, made.approved_at, made.started_at = "cancelled", None, None
        return made

    def _record(self, kind: str, at: datetime, status: str, cause: str, path: str) -> Deployment:
        environment = dict(zip(CLASSES, self.product.team.environments, strict=True))[kind]
        actor = someone(self.rng, self.product, at)
        made = Deployment(self.product, environment, kind, at, status, cause, path, actor, sha=self._newest(at))
        self.history.deployments.append(made)
        return made

    def _settle(self, made: Deployment, upcoming: datetime) -> None:
        """Decides whether a release turns out bad, and plays its repair."""
        effects = self.world.effects
        chance = effects.fail_platform if made.path == "platform" else effects.fail_off_platform
        fails = self.rng.random() < chance and self.product.team.stage != "single"
        if made.created_at >= self.world.start:
            self.trust = self.trust * 0.6 if fails else self.trust + 1
        if not fails or self.busy_until >= upcoming:
            return
        repair = Repair(self.world, self.rng, made, upcoming)
        at = repair.run()
        if at is None:
            return
        fixed = self._record("production", at, "succeeded", repair.cause, made.path)
        fixed.started_at = at + self.rng.uniform(10, 60) * timedelta(seconds=1)
        fixed.finished_at = fixed.started_at + self.rng.lognormvariate(math.log(5), 0.3) * MINUTE
        self.busy_until = fixed.finished_at + HOUR
        if repair.fix is None:
            earlier = [one for one in self.history.deployments if one.ships and one.created_at < made.created_at]
            fixed.rollback_of, fixed.sha = made, earlier[-1].sha if earlier else None
            return
        place = bisect_left(self.merged, repair.fix.merged_at)
        self.merged.insert(place, repair.fix.merged_at)
        self.history.changes.insert(place, repair.fix)
        fixed.sha, fixed.ref = self._newest(at), f"hotfix/{at:%m%d}-{self.product.name}"
