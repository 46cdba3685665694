"""What follows a bad release: when it is noticed, as what it shows, and when it is repaired."""

import math
import random
from datetime import datetime, timedelta

from app.demo.change import Change, hotfix_change
from app.demo.deployment import Deployment
from app.demo.organisation import World

HOUR = timedelta(hours=1)
_SHOWS_AS = {"incident": 16, "incident+rollback": 8, "incident+hotfix": 12, "rollback": 31, "hotfix": 33}
_RETRAIN_WEEKDAYS = {"night": range(7), "week": range(1, 2)}


class Repair:
    """One bad release. All is over before anything else reaches production, so that cause and effect stay in order."""

    def __init__(self, world: World, rng: random.Random, broken: Deployment, upcoming: datetime) -> None:
        self.world, self.rng, self.broken, self.upcoming = world, rng, broken, upcoming
        self.cause = "rollback"
        self.fix: Change | None = None

    def run(self) -> datetime | None:
        """Marks the release as failed; returns when the repair goes live, None when there is none of its own."""
        rng, broken = self.rng, self.broken
        live_at = broken.finished_at
        assert live_at is not None
        room = min(self.upcoming - live_at, self._until_retrain(live_at), 66 * HOUR)
        noticed_at = live_at + min(rng.lognormvariate(math.log(4), 1.0) * HOUR, room * rng.uniform(0.3, 0.6))
        broken.noticed_at = noticed_at
        broken.led_to = rng.choices(list(_SHOWS_AS), list(_SHOWS_AS.values()))[0]
        if broken.led_to == "incident":
            return None
        self.cause = "rollback" if "rollback" in broken.led_to else "hotfix"
        at = self._working_moment(noticed_at + rng.uniform(0.3, 1.5) * HOUR * (1 if self.cause == "rollback" else 4))
        if at + HOUR >= live_at + room:
            broken.led_to = "incident"
            return None
        if self.cause == "hotfix":
            merged_at = max(noticed_at, at - rng.uniform(4, 15) * timedelta(minutes=1))
            self.fix = hotfix_change(self.world, rng, broken.product, merged_at)
        return at

    def _until_retrain(self, at: datetime) -> timedelta:
        """Time until a scheduled retrain would stand between the release and its repair."""
        weekdays = _RETRAIN_WEEKDAYS.get(self.broken.product.retrain or "", ())
        night = at.replace(hour=0, minute=30, second=0)
        nights = (night + timedelta(days=days) for days in range(9))
        return next((one - at for one in nights if one > at and one.weekday() in weekdays), timedelta(days=999))

    def _working_moment(self, at: datetime) -> datetime:
        """Repairs wait for the morning, or for Monday; a few people repair at night, nobody on a holiday."""
        calendar = self.world.calendar
        hero = self.rng.random() < (0.45 if self.broken.product.team.speed > 1.25 else 0.15)
        if hero and not calendar.is_holiday(at):
            return at
        return max(at, calendar.at(calendar.hours(at) + self.rng.uniform(0.02, 0.5)))
