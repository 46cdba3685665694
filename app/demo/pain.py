"""The twelve pain points, how badly they truly hurt, and the roadmap of the platform team."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pain:
    """A pain point and the truth behind its answers.

    `reach` is the chance, in the first and second survey, that a person outside the platform rates it in the top two
    boxes; it is multiplied by `adopted` for people whose team is on the platform and by the factor of their role.
    `intensity` is the chance that an affected person gives the top box.
    """

    pain_id: str
    title: str
    theme: str
    evidence_metric: str
    quadrant: str
    reach: tuple[float, float]
    adopted: float = 1.0
    intensity: float = 0.4
    roles: Mapping[str, float] = field(default_factory=dict)
    description: str = ""


PAINS = (
    Pain("P01", "It takes too long before a model works for customers", "Delivery", "lead_time", "quick_win", (0.78, 0.78), 0.62, 0.6, {"product owner": 1.1}, "From finished work to production."),
    Pain("P02", "Approvals take days and nobody can say why", "Delivery", "approval_trust", "quick_win", (0.58, 0.62), 0.9, 0.45, {"ML engineer": 1.1}, "Waiting for a person who presses a button."),
    Pain("P03", "Customers notice that a model is broken before we do", "Operations", "detection", "quick_win", (0.62, 0.66), 0.8, 0.5, {}, "No alarm when predictions drift or stop."),
    Pain("P04", "What works on my laptop fails in production", "Delivery", "deployment_failure_rate", "quick_win", (0.6, 0.6), 0.9, 0.35, {"data scientist": 1.1}, "Environments differ in versions and rights."),
    Pain("P05", "Getting access to production data takes weeks", "Data", "time_to_first_deployment", "listen", (0.6, 0.66), 1.0, 0.55, {"data scientist": 1.1, "software engineer": 0.85}, "Requests, forms and approvals for each table."),
    Pain("P06", "The documentation does not match what the platform does", "Support", "adoption_funnel", "listen", (0.5, 0.58), 1.05, 0.3, {}, "Examples that no longer run."),
    Pain("P07", "Pipelines fail for no reason and pass when run again", "Delivery", "ci_health", "unsure", (0.42, 0.34), 1.0, 0.35, {}, "Flaky tests and runners."),
    Pain("P08", "There are too few graphics cards for training", "Compute", "ci_health", "drift", (0.14, 0.1), 1.0, 0.3, {"ML engineer": 1.3}, "Queues for large machines."),
    Pain("P09", "Notebooks cannot be scheduled", "Compute", "capability_coverage", "drift", (0.12, 0.08), 1.0, 0.3, {"data scientist": 1.3}, "A notebook as a nightly job."),
    Pain("P10", "Taking back a bad release is manual and frightening", "Operations", "recovery_time", "later", (0.2, 0.12), 0.7, 0.4, {}, "No button to return to the version before."),
    Pain("P11", "Security checks block work without saying what to do", "Controls", "control_friction", "listen", (0.45, 0.56), 1.0, 0.4, {"software engineer": 1.1}, "Findings without a remedy."),
    Pain("P12", "Nobody can tell which data a live model was trained on", "Controls", "traceability", "later", (0.13, 0.1), 0.8, 0.4, {}, "Models without data version."),
)  # fmt: skip


@dataclass(frozen=True)
class Initiative:
    """Work on the roadmap. `started` and `shipped` are shares of the simulated period; None is not yet."""

    initiative_id: str
    title: str
    status: str
    pain_ids: tuple[str, ...]
    priority: int
    effort_days: float
    started: float | None = None
    shipped: float | None = None


ROADMAP = (
    Initiative("I01", "One deployment template with tests built in", "in_progress", ("P01", "P04"), 1, 9, 0.70),
    Initiative("I02", "Approve small releases automatically", "planned", ("P02",), 2, 5),
    Initiative("I03", "Alarms for models that drift or go silent", "in_progress", ("P03",), 2, 25, 0.72),
    Initiative("I04", "Same images from laptop to production", "planned", ("P04",), 3, 8),
    Initiative("I05", "Larger cluster with graphics cards", "in_progress", ("P08",), 1, 60, 0.55),
    Initiative("I06", "Scheduler for notebooks", "planned", ("P09",), 2, 30),
    Initiative("I07", "Move the runners to the new cloud region", "in_progress", (), 3, 40, 0.60),
    Initiative("I08", "Self-service access to production data", "idea", ("P05",), 4, 35),
    Initiative("I09", "Rewrite of the user guide", "dropped", ("P06",), 4, 15, 0.20),
    Initiative("I10", "Start page of the platform", "shipped", ("P06",), 3, 12, 0.10, 0.30),
    Initiative("I11", "Finder for flaky tests", "planned", ("P07",), 4, 12),
    Initiative("I12", "Deployment pipeline, first version", "shipped", ("P01",), 1, 80, 0.02, 0.15),
)
PLANNED = frozenset({"planned", "in_progress"})

FREE_TEXTS = (
    "The template saved us a week, thank you.",
    "I still wait for the same person to press approve.",
    "Please tell us before runners change.",
    "We found out from a customer. Again.",
    "The guide describes buttons that are gone.",
    "More examples, fewer slides.",
    "Since we moved, Friday releases are boring. I like boring.",
    "Data access took five weeks and four forms.",
    "My laptop has another version than the cluster.",
    "Security scan says no and links to a page that I may not open.",
    '=HYPERLINK("https://example.org","click")',
    "<b>Bold</b> & <script>alert('hello')</script> from a curious respondent",
    "Prima zo — ga door! 🙂",
)
