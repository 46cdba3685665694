"""The roadmap of the platform team: work that answers a pain, and work that answers none."""

from dataclasses import dataclass


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
    blocker: str | None = None


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
    Initiative("I10", "Start page of the platform", "shipped", ("P06",), 3, 12, 0.30, 0.45),
    Initiative("I11", "Finder for flaky tests", "planned", ("P07",), 4, 12),
    Initiative("I14", "Runner images pinned to a version", "shipped", ("P07",), 3, 10, 0.40, 0.52),
    Initiative(
        "I13", "Say on each approval who has to act", "planned", ("P02",), 3, 3, blocker="the audit of the risk office"
    ),
    Initiative("I12", "Deployment pipeline, first version", "shipped", ("P01",), 1, 80, 0.02, 0.15),
)
PLANNED = frozenset({"planned", "in_progress"})
