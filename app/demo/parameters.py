"""What is put into the simulation: the known truth that a good analysis finds again."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Effects:
    """What adoption does, and what else moves the figures.

    Factors multiply working time (not time on the clock); probabilities are per planned production release, failures
    of attempts per attempt; `_sd` are standard deviations of a logarithm.
    """

    release_gap_factor: float = 0.55
    review_factor: float = 0.80
    approval_factor: float = 0.70
    fail_off_platform: float = 0.22
    fail_platform: float = 0.11
    attempt_failure_before: float = 0.10
    attempt_failure_after: float = 0.05
    recovery_factor: float = 0.70
    mixed_path_weeks: float = 6.0
    trend_per_month_factor: float = 0.995
    dip_factor: float = 1.30
    dip_days: int = 40
    team_sd: float = 0.25
    team_month_sd: float = 0.10
    early_adopter_correlation: float = 0.5

    def without_adoption(self) -> "Effects":
        """The same organisation, had adoption changed nothing (recovery and attempts do not enter lead time)."""
        return replace(
            self,
            release_gap_factor=1.0,
            review_factor=1.0,
            approval_factor=1.0,
            fail_platform=self.fail_off_platform,
            attempt_failure_after=self.attempt_failure_before,
        )
