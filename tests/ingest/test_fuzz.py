"""Damaged input of every kind ends in one of the project's own errors, and no person gets through: some trials of
`make fuzz`, with the same seeds each time."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.damage import PERSON, broken, peopled, wrong
from tests.fuzz.targets import TARGETS

SEEDS = range(1, 11)
FOUND: dict[str, list[int]] = {
    "jenkins": [500058],
    "pagerduty": [1795649236, 500068],
    "azure_devops": [1795649329, 100027],
    "argocd": [100088],
    "mlflow": [100003, 500006],
    "opsgenie": [100005],
    "statuspage": [100014, 500003],
}
"""Seeds that once found something."""


@pytest.mark.parametrize("target", TARGETS)
def test_damaged_input_is_borne(target: str, tmp_path: Path) -> None:
    with TARGETS[target](tmp_path) as trial:
        for seed in [*SEEDS, *FOUND.get(target, [])]:
            try:
                trial(Random(seed))
            except Exception as error:
                raise AssertionError(f"python -m tests.fuzz --seed {seed} --trials 1 {target}") from error


def test_the_damage_is_real_and_the_same_for_a_seed() -> None:
    whole = {"items": [{"id": n, "name": "x", "author": {"login": "nora", "id": 7}} for n in range(3)]}
    assert peopled(whole)["items"][0] == {"id": 0, "name": "x", "author": {"login": PERSON, "id": 7}}
    damaged = [wrong(whole, Random(seed)) for seed in range(50)]
    assert damaged == [wrong(whole, Random(seed)) for seed in range(50)]
    assert sum(each != whole for each in damaged) > 45
    assert sum(broken(b'{"a": 1}', Random(seed)) != b'{"a": 1}' for seed in range(50)) > 40
