"""The twelve pain points, how badly they truly hurt, and what people write in free text."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from app.demo.roadmap import PLANNED, ROADMAP


@dataclass(frozen=True)
class Pain:
    """A pain point and the truth behind its answers.

    `reach` is the chance, in the first and second survey, that a person outside the platform rates it in the top two
    boxes; it is multiplied by `adopted` for people whose team is on the platform and by the factor of their role.
    `intensity` is the chance that an affected person gives the top box.
    """

    pain_id: str
    title: str
    description: str
    theme: str
    evidence_metric: str
    quadrant: str
    reach: tuple[float, float]
    adopted: float = 1.0
    intensity: float = 0.4
    roles: Mapping[str, float] = field(default_factory=dict)


PAINS = (
    Pain(
        pain_id="P01",
        title="It takes too long before a model works for customers",
        description="From finished work to production.",
        theme="Delivery",
        evidence_metric="lead_time",
        quadrant="quick_win",
        reach=(0.78, 0.78),
        adopted=0.62,
        intensity=0.6,
        roles={"product owner": 1.1},
    ),
    Pain(
        pain_id="P02",
        title="Approvals take days and nobody can say why",
        description="Waiting for a person who presses a button.",
        theme="Delivery",
        evidence_metric="approval_trust",
        quadrant="quick_win",
        reach=(0.58, 0.62),
        adopted=0.9,
        intensity=0.45,
        roles={"ML engineer": 1.1},
    ),
    Pain(
        pain_id="P03",
        title="Customers notice that a model is broken before we do",
        description="No alarm when predictions drift or stop.",
        theme="Operations",
        evidence_metric="detection",
        quadrant="quick_win",
        reach=(0.62, 0.66),
        adopted=0.8,
        intensity=0.5,
    ),
    Pain(
        pain_id="P04",
        title="What works on my laptop fails in production",
        description="Environments differ in versions and rights.",
        theme="Delivery",
        evidence_metric="deployment_failure_rate",
        quadrant="quick_win",
        reach=(0.6, 0.6),
        adopted=0.9,
        intensity=0.35,
        roles={"data scientist": 1.1},
    ),
    Pain(
        pain_id="P05",
        title="Getting access to production data takes weeks",
        description="Requests, forms and approvals for each table.",
        theme="Data",
        evidence_metric="time_to_first_deployment",
        quadrant="listen",
        reach=(0.6, 0.66),
        intensity=0.55,
        roles={"data scientist": 1.1, "software engineer": 0.85},
    ),
    Pain(
        pain_id="P06",
        title="The documentation does not match what the platform does",
        description="Examples that no longer run.",
        theme="Support",
        evidence_metric="adoption_funnel",
        quadrant="listen",
        reach=(0.5, 0.58),
        adopted=1.05,
        intensity=0.3,
    ),
    Pain(
        pain_id="P07",
        title="Pipelines fail for no reason and pass when run again",
        description="Flaky tests and runners.",
        theme="Delivery",
        evidence_metric="ci_health",
        quadrant="unsure",
        reach=(0.42, 0.34),
        intensity=0.35,
    ),
    Pain(
        pain_id="P08",
        title="There are too few graphics cards for training",
        description="Queues for large machines.",
        theme="Compute",
        evidence_metric="ci_health",
        quadrant="drift",
        reach=(0.14, 0.1),
        intensity=0.3,
        roles={"ML engineer": 1.3},
    ),
    Pain(
        pain_id="P09",
        title="Notebooks cannot be scheduled",
        description="A notebook as a nightly job.",
        theme="Compute",
        evidence_metric="capability_coverage",
        quadrant="drift",
        reach=(0.12, 0.08),
        intensity=0.3,
        roles={"data scientist": 1.3},
    ),
    Pain(
        pain_id="P10",
        title="Taking back a bad release is manual and frightening",
        description="No button to return to the version before.",
        theme="Operations",
        evidence_metric="recovery_time",
        quadrant="later",
        reach=(0.2, 0.12),
        adopted=0.7,
        intensity=0.4,
    ),
    Pain(
        pain_id="P11",
        title="Security checks block work without saying what to do",
        description="Findings without a remedy.",
        theme="Controls",
        evidence_metric="control_friction",
        quadrant="listen",
        reach=(0.45, 0.56),
        intensity=0.4,
        roles={"software engineer": 1.1},
    ),
    Pain(
        pain_id="P12",
        title="Nobody can tell which data a live model was trained on",
        description="Models without data version.",
        theme="Controls",
        evidence_metric="traceability",
        quadrant="later",
        reach=(0.13, 0.1),
        adopted=0.8,
        intensity=0.4,
    ),
)

FREE_TEXTS: tuple[tuple[str, str | None], ...] = (
    ("The template saved us a week, thank you.", None),
    ("I still wait for the same person to press approve.", "P02"),
    ("Nobody knows what the approver looks at.", "P02"),
    ("Please tell us before runners change.", None),
    ("We found out from a customer. Again.", "P03"),
    ("The model was silent for two days and nothing rang.", "P03"),
    ("The guide describes buttons that are gone.", "P06"),
    ("More examples, fewer slides.", "P06"),
    ("Since we moved, Friday releases are boring. I like boring.", None),
    ("Data access took five weeks and four forms.", "P05"),
    ("Ask three people for one table, then wait.", "P05"),
    ("My laptop has another version than the cluster.", "P04"),
    ("Security scan says no and links to a page that I may not open.", "P11"),
    ('=HYPERLINK("https://example.org","click")', None),
    ("<b>Bold</b> & <script>alert('hello')</script> from a curious respondent", None),
    ("Prima zo — ga door! 🙂", None),
)
"""What people write, and the pain point that it speaks of."""


@cache
def pains(seed: int) -> tuple[Pain, ...]:
    """The pains of a simulation: as they stand above for seed 1; any other seed draws anew which of them hurt how much.

    Titles, evidence and roadmap stay, so that quick wins, what is unheard and what drifts are others. Drawn again until
    there is something of each.
    """
    if seed == 1:
        return PAINS
    rng = random.Random(f"{seed}/pains")
    while True:
        truths = rng.sample(PAINS, len(PAINS))
        drawn = tuple(_with_truth(pain, truth) for pain, truth in zip(PAINS, truths, strict=True))
        if _has_something_of_each({pain.pain_id: pain.quadrant for pain in drawn}):
            return drawn


def _with_truth(pain: Pain, truth: Pain) -> Pain:
    """A pain that hurts as another one does; its quadrant follows from that and from what is planned for it."""
    is_planned = any(pain.pain_id in work.pain_ids for work in ROADMAP if work.status in PLANNED)
    hurts = {"quick_win": True, "listen": True, "drift": False, "later": False}.get(truth.quadrant)
    quadrant = "unsure"
    if hurts is not None:
        quadrant = ("quick_win" if is_planned else "listen") if hurts else "drift" if is_planned else "later"
    return replace(
        pain, quadrant=quadrant, reach=truth.reach, adopted=truth.adopted, intensity=truth.intensity, roles=truth.roles
    )


def _has_something_of_each(quadrants: Mapping[str, str]) -> bool:
    planned = [work for work in ROADMAP if work.status in PLANNED and work.pain_ids]
    quick = [work for work in planned if work.effort_days <= 10 and not work.blocker]
    wins = [pain for work in quick for pain in work.pain_ids if quadrants[pain] == "quick_win"]
    drifts = [work for work in planned if all(quadrants[pain] == "drift" for pain in work.pain_ids)]
    return len(wins) >= 3 and bool(drifts) and "listen" in quadrants.values()
