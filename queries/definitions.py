"""What the configuration means to the numbers: everything that a build needs to know beside staging."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

CONTROLS: Mapping[str, tuple[str, ...]] = {
    "lint": ("*lint*", "*ruff*", "*flake8*", "*format*", "*black*"),
    "pre-commit": ("*pre-commit*",),
    "type check": ("*type check*", "*typecheck*", "*mypy*", "*pyright*"),
    "test": ("*test*",),
    "branch rule": ("*branch rule*", "*branch name*", "*commit message*", "*changelog*"),
    "security scan": ("*security*", "*codeql*", "*trivy*", "*snyk*", "*audit*"),
}
"""Controls and the globs over job and step names by which they are known."""


CAUSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "rollback": {"workflows": ("rollback*", "roll-back*", "roll back*")},
    "hotfix": {"refs": ("hotfix*", "*/hotfix*", "revert-*", "*/revert-*"), "workflows": ("*hotfix*",)},
    "retrain": {"workflows": ("*retrain*", "*re-train*")},
    "promotion": {"workflows": ("*promote*", "*promotion*")},
    "config": {"workflows": ("*config change*", "*config-change*", "*feature flag*", "*feature-flag*")},
    "redeploy": {"workflows": ("redeploy*", "re-deploy*")},
    "human_change": {},
}
"""Causes of a deployment in the order in which they are tried, and the globs by which they are known."""


@dataclass(frozen=True)
class Definitions:
    """Settings that change what a figure means. A change of any of them makes the next build a new one.

    `environments` maps production, test and development to globs. `platform_rules` maps uses, workflows,
    environments, repos and actors (hashed) to globs; `cause_rules` maps a cause to refs, workflows, events and actors
    (hashed) likewise. Hours and days are in the names.
    """

    timezone: str = "UTC"
    organisation: str = "Your organisation"
    environments: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "production": ("prod*", "live"),
            "test": ("test*", "staging", "acc*"),
            "development": ("dev*",),
        }
    )
    platform_rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cause_rules: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=lambda: CAUSES)
    default_branches: tuple[str, ...] = ("main", "master", "trunk")
    working_hours: tuple[int, int] = (8, 18)
    working_weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    holidays: tuple[date, ...] = ()
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CONTROLS)
    incident_window_hours: float = 72
    provisional_days: int = 14
    min_group: int = 5
    simulated_sources: tuple[str, ...] = ()

    def version(self) -> str:
        """A short hash that changes with any of the settings."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()[:12]

    def parts(self) -> dict[str, str]:
        """Each setting as text."""
        return {name: json.dumps(value, sort_keys=True, default=str) for name, value in asdict(self).items()}

    def differing(self, parts: Mapping[str, str]) -> tuple[str, ...]:
        """The settings that differ from those given as `parts` gives them; what is not given counts as equal."""
        return tuple(name for name, content in self.parts().items() if parts.get(name, content) != content)
