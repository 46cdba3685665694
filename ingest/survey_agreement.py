"""How well a coding agrees with a person who coded the same answers by hand: Cohen's kappa and F1."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

Coded = Mapping[str, AbstractSet[str]]
"""Answer -> the pains that it was coded to."""


@dataclass(frozen=True)
class Agreement:
    """Over all decisions, one for each answer and pain: both said yes, only the coding, only the person, neither."""

    answers: int
    both: int
    only_coding: int
    only_person: int
    neither: int

    @property
    def precision(self) -> float | None:
        """Of what the coding said, the share that the person said too; None when it said nothing."""
        return _share(self.both, self.both + self.only_coding)

    @property
    def recall(self) -> float | None:
        return _share(self.both, self.both + self.only_person)

    @property
    def f1(self) -> float | None:
        return _share(2 * self.both, 2 * self.both + self.only_coding + self.only_person)

    @property
    def kappa(self) -> float | None:
        """Cohen's: 0 is agreement by chance, 1 complete; None where chance leaves nothing to agree on."""
        total = self.both + self.only_coding + self.only_person + self.neither
        if not total:
            return None
        seen = (self.both + self.neither) / total
        coding, person = (self.both + self.only_coding) / total, (self.both + self.only_person) / total
        chance = coding * person + (1 - coding) * (1 - person)
        return None if chance == 1 else (seen - chance) / (1 - chance)


def agreement(coding: Coded, person: Coded, pains: AbstractSet[str]) -> Agreement:
    """Over the answers that the person coded; `pains` are all that could have been said."""
    both = only_coding = only_person = 0
    for answer, said in person.items():
        found = coding.get(answer, frozenset())
        both += len(found & said)
        only_coding += len(found - said)
        only_person += len(said - found)
    neither = len(person) * len(pains) - both - only_coding - only_person
    return Agreement(len(person), both, only_coding, only_person, neither)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
