"""How the simulated organisation is drawn: teams, people, products, and each team's way to the platform."""

import itertools
import math
import random
from collections.abc import Iterator
from datetime import date, datetime

from app.demo import names
from app.demo.calendar import Calendar
from app.demo.organisation import ADOPTING, DAY, Member, Product, Team, World
from app.demo.parameters import Effects

# stage and kind of the 1st, 2nd, ... team; any number of teams from the start makes a sensible organisation.
# adopter: onboarded and stays; pilot: onboarded before the data begins; quiet: adopted, then stopped deploying;
# back: adopted, then returned to its old way; monthly: only retrains, once a month; single: one deployment ever;
# waiting: onboarded, nothing in production yet; not_yet: eligible, not onboarded; later: not eligible yet.
_ROLES = """
adopter/data_science platform/platform not_yet/software adopter/data_science adopter/software waiting/data_science
quiet/data_science later/software adopter/data_science not_yet/data_science adopter/data_science monthly/data_science
adopter/software not_yet/software adopter/data_science single/data_science adopter/data_science later/software
not_yet/software adopter/data_science quiet/software waiting/software adopter/data_science pilot/data_science
not_yet/data_science adopter/software later/software adopter/data_science back/data_science not_yet/software
adopter/data_science quiet/data_science later/software adopter/software waiting/data_science adopter/data_science
not_yet/software adopter/data_science later/software adopter/software
"""

_TEAM_ROLES = {
    "data_science": {
        "data scientist": 45,
        "ML engineer": 20,
        "data engineer": 15,
        "product owner": 10,
        "software engineer": 10,
    },
    "software": {"software engineer": 50, "data engineer": 22, "product owner": 16, "data scientist": 12},
    "platform": {"ML engineer": 50, "software engineer": 35, "product owner": 15},
}
_ENVIRONMENTS = (
    ("production", "test", "dev"),
    ("prod", "staging", "development"),
    ("prod-eu", "acceptance", "dev"),
    ("live", "test", "dev"),
    ("Production", "ACC", "DEV"),
)


def found(seed: int, team_count: int, start: date, now: date, effects: Effects) -> World:
    """Draws an organisation of `team_count` teams whose history runs from `start` to `now` (exclusive)."""
    world = World(
        seed=seed,
        start=datetime(start.year, start.month, start.day),
        now=datetime(now.year, now.month, now.day),
        effects=effects,
        calendar=Calendar(start - 200 * DAY, now + 200 * DAY),
    )
    world.teams.extend(_teams(world, team_count))
    _adopt(world)
    world.products.extend(_products(world))
    return world


def _teams(world: World, count: int) -> list[Team]:
    rng = world.rng("teams")
    roles, accounts = _ROLES.split(), _accounts(rng)
    labels = [(name, names.DOMAINS[place]) for row in names.TEAMS for place, name in enumerate(row)]
    teams = []
    for number in range(count):
        stage, kind = roles[number % len(roles)].split("/")
        name, domain = labels[number % len(labels)]
        if number >= len(labels):
            name = f"{name} {number // len(labels) + 1}"
        if stage == "platform":
            name, domain = f"ML platform{name.removeprefix(labels[number % len(labels)][0])}", "IT"
        headcount = rng.randint(4, 14)
        teams.append(
            Team(
                team_id=f"t{number + 1:02}",
                name=name,
                domain=domain,
                kind=kind,
                stage=stage,
                headcount=headcount,
                support_model=rng.choice(("embedded", "central", "self_service")),
                speed=math.exp(rng.gauss(0, world.effects.team_sd)),
                members=_members(world, rng, kind, headcount, accounts),
                environments=rng.choice(_ENVIRONMENTS),
            )
        )
    return teams


def _accounts(rng: random.Random) -> Iterator[str]:
    """Accounts in random order, without end: once all names are given they return with a number."""
    accounts = [f"{first}.{last}" for first in names.FIRST_NAMES.split() for last in names.LAST_NAMES.split()]
    rng.shuffle(accounts)
    yield from accounts
    for turn in itertools.count(2):
        yield from (f"{account}{turn}" for account in accounts)


def _members(world: World, rng: random.Random, kind: str, headcount: int, accounts: Iterator[str]) -> list[Member]:
    """About one in five joins while we watch; the first three were always there."""
    roles = _TEAM_ROLES[kind]
    members = []
    for number in range(headcount):
        late = number >= 3 and rng.random() < 0.2
        joined_at = world.at_share(rng.uniform(0.1, 0.95)) if late else world.start - 400 * DAY
        role = rng.choices(list(roles), list(roles.values()))[0]
        members.append(Member(next(accounts), role, joined_at, weight=1 / (number + 1.5)))
    return members


def _adopt(world: World) -> None:
    """Dates of each team's way to the platform. Faster teams tend to come first, as they do in life."""
    rng = world.rng("adoption")
    correlation = world.effects.early_adopter_correlation
    adopters = [team for team in world.teams if team.stage == "adopter"]
    pull = {
        team.team_id: correlation * math.log(team.speed) / world.effects.team_sd
        + math.sqrt(1 - correlation**2) * rng.gauss(0, 1)
        for team in adopters
    }
    adopters.sort(key=lambda team: pull[team.team_id])
    shares = {
        team.team_id: 0.20 + 0.62 * (rank + 0.5) / len(adopters) + rng.uniform(-0.01, 0.01)
        for rank, team in enumerate(adopters)
    }
    for team in world.teams:
        share = shares.get(team.team_id, rng.uniform(0.25, 0.40))
        if team.stage in ADOPTING:
            _onboard(world, rng, team, -0.05 if team.stage == "pilot" else share)
        elif team.stage == "waiting":
            team.onboarded_at = world.now - rng.randint(25, 130) * DAY
            team.eligible_at = team.onboarded_at - rng.randint(30, 150) * DAY
        elif team.stage == "not_yet":
            team.eligible_at = world.at_share(rng.uniform(-0.1, 0.6))
        elif team.stage == "later":
            team.eligible_at = world.now + rng.randint(30, 200) * DAY


def _onboard(world: World, rng: random.Random, team: Team, share: float) -> None:
    hours = world.calendar.hours(world.at_share(share)) + rng.uniform(2, 6)
    team.adopted_at = world.calendar.at(hours)
    team.onboarded_at = world.calendar.at(hours - 8 * rng.lognormvariate(math.log(18), 0.5))
    team.eligible_at = team.onboarded_at - rng.randint(20, 160) * DAY
    if team.stage in {"quiet", "back"}:
        team.stopped_at = world.at_share(rng.uniform(0.72, 0.82))


def _products(world: World) -> list[Product]:
    rng = world.rng("products")
    products: list[Product] = []
    for team in world.teams:
        alone = team.stage in {"single", "monthly"}
        count = 1 if alone else rng.choices((1, 2, 3), (50, 35, 15))[0]
        for suffix in names.PRODUCTS[team.kind][:count]:
            products.append(_product(rng, team, suffix, len(products), count))
    _share_a_repo(world, products)
    _hand_over(world, products)
    _schedule_retrains(products)
    return products


def _product(rng: random.Random, team: Team, suffix: str, number: int, count: int) -> Product:
    name = f"{team.slug}-{suffix}"
    return Product(
        number=number,
        name=name,
        repo=f"acme/{name}",
        team=team,
        # the changes that the only deployment of a team ships are too old to be found by time alone
        link=rng.choices(("sha", "time", "shipped_in"), (0, 0, 1) if team.stage == "single" else (55, 15, 30))[0],
        mark=("flag", "workflow", "flag", "flag", "uses", "flag", "flag")[number % 7],
        retrain="month" if team.stage == "monthly" else None,
        gap_hours=58 * math.exp(rng.gauss(0, 0.25)),
        merges_per_hour=0.013 * team.headcount / count,
        has_model=team.kind == "data_science" and suffix == "model",
    )


def _share_a_repo(world: World, products: list[Product]) -> None:
    """Three teams of different domains keep a product each in one repository."""
    firsts = [product for product in products if product.name.endswith(("-model", "-service"))]
    candidates = [product for product in firsts if product.team.stage in {"adopter", "not_yet"}]
    if len(candidates) >= 9:
        for product in candidates[2:9:3]:
            product.repo, product.link = "acme/mono", "shipped_in"


def _hand_over(world: World, products: list[Product]) -> None:
    """One product changes hands mid-way, between two teams that have not adopted."""
    staying = [product for product in products if product.team.stage == "not_yet" and product.repo != "acme/mono"]
    other = next((product.team for product in staying if product.team is not staying[0].team), None)
    if len(world.teams) >= 10 and other is not None:
        staying[0].handover = (world.at_share(0.55), other)
        staying[-1].mark = "unknown"


def _schedule_retrains(products: list[Product]) -> None:
    """Some models retrain every night, more every week; their changes name the deployment that shipped them."""
    models = [product for product in products if product.has_model and product.team.stage in {"adopter", "not_yet"}]
    for place, product in enumerate(models):
        product.retrain = (None, "night", "week", None, "week", None, None)[place % 7]
        if product.retrain == "night":
            product.link = "shipped_in"
