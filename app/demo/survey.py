"""Two survey waves: who was asked, who answered, and what they said."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo.organisation import Member, Team, World
from app.demo.pain import FREE_TEXTS, Pain, pains

WAVES = (0.31, 0.81)
_OPEN_DAYS = 18


@dataclass(frozen=True)
class Answer:
    survey_id: str
    response_id: str
    question_id: str
    person: "Respondent"
    submitted_at: datetime
    pain_id: str | None = None
    rating: float | None = None
    scale_min: float | None = None
    scale_max: float | None = None
    choice: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Respondent:
    team: Team
    member: Member


Answering = tuple[Respondent, datetime]
"""Who answers, and when."""


@dataclass
class Survey:
    """One wave; `expected_reach` is the mean chance to be affected of those who rated a pain."""

    survey_id: str
    title: str
    number: int
    opened_at: datetime
    closed_at: datetime
    invited_count: int
    response_count: int = 0
    answers: list[Answer] = field(default_factory=list)
    expected_reach: dict[str, float] = field(default_factory=dict)


def surveys(world: World) -> list[Survey]:
    return [_survey(world, number, share) for number, share in enumerate(WAVES)]


def _survey(world: World, number: int, share: float) -> Survey:
    rng = world.rng("survey", number)
    opened_at = world.at_share(share).replace(hour=8)
    closed_at = min(opened_at + timedelta(days=_OPEN_DAYS), world.now - timedelta(hours=1))
    asked = [
        Respondent(team, member)
        for team in world.teams
        if team.kind != "platform" or len(world.teams) == 1
        for member in team.present(opened_at)
    ]
    willing = {team.team_id: min(0.95, max(0.35, rng.gauss(0.65, 0.12))) for team in world.teams}
    answering = [person for person in asked if rng.random() < willing[person.team.team_id]]
    rng.shuffle(answering)
    survey = Survey(
        survey_id=f"S{number + 1}",
        title=f"How does building and running models go? ({opened_at:%B %Y})",
        number=number,
        opened_at=opened_at,
        closed_at=closed_at,
        invited_count=len(asked),
        response_count=len(answering),
    )
    window = (closed_at - opened_at).total_seconds()
    # most answer in the first days
    answers = [
        (person, opened_at + timedelta(seconds=round(window * rng.betavariate(0.9, 2.2) * 0.98)))
        for person in answering
    ]
    for place, pain in enumerate(pains(world.seed)):
        survey.answers.extend(_ratings(world, survey, pain, place, answers))
    survey.answers.extend(_other_answers(rng, survey, answers))
    survey.answers.sort(
        key=lambda answer: (answer.submitted_at, answer.response_id, answer.question_id, answer.pain_id or "")
    )
    return survey


def reach_of(pain: Pain, number: int, person: Respondent, at: datetime) -> float:
    """The chance that this person rates the pain in the top two boxes."""
    chance = pain.reach[number] * pain.roles.get(person.member.role, 1.0)
    return min(0.95, chance * (pain.adopted if person.team.on_platform(at) else 1.0))


def _ratings(world: World, survey: Survey, pain: Pain, place: int, people: list[Answering]) -> Iterator[Answer]:
    """Ratings of one pain. The affected are drawn systematically: their number is the expected one, to the person."""
    rng = world.rng("rating", survey.number, pain.pain_id)
    low = 0 if survey.number == 1 and place % 3 == 1 else 1
    raters = [index for index in range(len(people)) if rng.random() > 0.04]
    rng.shuffle(raters)
    chances = [reach_of(pain, survey.number, people[index][0], survey.opened_at) for index in raters]
    survey.expected_reach[pain.pain_id] = sum(chances) / len(chances) if chances else math.nan
    total = 0.5
    for index, chance in zip(raters, chances, strict=True):
        is_affected = math.floor(total + chance) > math.floor(total)
        total += chance
        person, submitted_at = people[index]
        yield Answer(
            survey_id=survey.survey_id,
            response_id=_response(survey, index),
            question_id="slows_me_down" if low else "slows_me_down_0_to_4",
            person=person,
            submitted_at=submitted_at,
            pain_id=pain.pain_id,
            rating=low + _box(rng, is_affected, pain.intensity),
            scale_min=low,
            scale_max=low + 4,
        )


def _box(rng: random.Random, is_affected: bool, intensity: float) -> int:
    """The box from 0 to 4."""
    if is_affected:
        return 4 if rng.random() < intensity else 3
    return rng.choices((0, 1, 2), (30, 38, 32))[0]


def expected_severity(reach: float, intensity: float) -> float:
    """Mean severity, 0 to 1, that the boxes above lead to."""
    return reach * (0.75 + 0.25 * intensity) + (1 - reach) * (0.38 * 0.25 + 0.32 * 0.5)


def _other_answers(rng: random.Random, survey: Survey, people: list[Answering]) -> Iterator[Answer]:
    """Satisfaction, the next wish (a choice) and a few words."""
    for index, (person, submitted_at) in enumerate(people):
        said = survey.survey_id, _response(survey, index)
        pleased = 0.7 if person.team.on_platform(survey.opened_at) else 0.0
        rating = min(5, max(1, round(rng.gauss(3.0 + pleased, 1.0))))
        yield Answer(*said, "satisfaction", person, submitted_at, rating=rating, scale_min=1, scale_max=5)
        wish = rng.choice(("faster deployments", "monitoring", "data access", "training", "nothing"))
        yield Answer(*said, "next_wish", person, submitted_at, choice=wish)
        if rng.random() < 0.4:
            text, pain_id = rng.choice(FREE_TEXTS)
            yield Answer(*said, "anything_else", person, submitted_at, pain_id=pain_id, text=text)


def _response(survey: Survey, index: int) -> str:
    return f"{survey.survey_id}-{index + 1:04}"
