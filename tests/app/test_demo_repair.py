"""Bad releases of the simulation: their repairs, and the incidents that speak of them."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from app.demo.calendar import holidays, local
from app.demo.deployment import Deployment, History
from app.demo.founding import found
from app.demo.incident import incidents
from app.demo.organisation import Product, World
from app.demo.parameters import Effects
from app.demo.repair import Repair

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return found(1, 20, date(2025, 5, 1), date(2026, 11, 1), Effects())


def release(product: Product, at: datetime, fails: bool = False) -> Deployment:
    made = Deployment(product, "prod", "production", at, "succeeded", "human_change", "platform", "ada", finished_at=at)
    if fails:
        made.led_to, made.noticed_at = "incident", at + 4 * HOUR
    return made


def test_nobody_repairs_on_a_holiday_though_some_do_at_weekends(world: World) -> None:
    product = world.products[0]
    product.team.speed, product.retrain = 2.0, None
    christmas_eve, friday = datetime(2025, 12, 24, 15), datetime(2026, 3, 6, 15)
    repaired = [
        at
        for seed in range(300)
        for live_at in (christmas_eve, friday)
        if (at := Repair(world, random.Random(seed), release(product, live_at), live_at + 130 * HOUR).run())
    ]
    assert len(repaired) > 200
    days = [local(at).date() for at in repaired]
    assert not [day for day in days if day in holidays(day.year)]
    assert 0 < sum(day.weekday() >= 5 for day in days) < 0.5 * len(days)


def test_a_repair_comes_after_the_failure_and_before_what_is_next(world: World) -> None:
    live_at = datetime(2026, 3, 3, 10)
    for seed in range(200):
        broken = release(world.products[0], live_at)
        at = Repair(world, random.Random(seed), broken, live_at + 30 * HOUR).run()
        assert broken.noticed_at is not None
        assert live_at < broken.noticed_at < live_at + 30 * HOUR
        assert at is None or broken.noticed_at < at < live_at + 30 * HOUR
        assert (at is None) == (broken.led_to == "incident")


def test_an_incident_names_less_than_the_deployment_only_where_that_leads_to_it(world: World) -> None:
    """The team's other product is released between the failure and its notice: the team's name would mislead."""
    team = next(one for one in world.teams if sum(product.team is one for product in world.products) > 1)
    broken, other = [product for product in world.products if product.team is team][:2]
    times = [datetime(2025, 6, 2, 10) + timedelta(days=5 * number) for number in range(90)]
    histories = [History(broken, [], [release(broken, at, fails=True) for at in times])]
    histories.append(History(other, [], [release(other, at + HOUR) for at in times]))
    for history in histories:
        history.complete(world.start, world.now)
    links = Counter(incident.link for incident in incidents(world, histories) if incident.caused_by)
    assert links.total() == 90
    assert {"deployment", "product", "repo"} == set(links)
