"""Headers that no server should send end in a line, not in a traceback."""

import itertools

import pytest

from ingest.answers import Asked, Passing, Response, judge
from ingest.budget import Budget
from ingest.errors import SourceStopped

ASKED = Asked("gh", "$TOKEN", True, "", str)
STRANGE = ["9" * 15, "9" * 40, "9" * 5_000, "²", "-1", "1e9", "", "٣", "Thu, 01 Jan 99999 00:00:00 GMT"]


@pytest.mark.parametrize(("reset", "after"), list(itertools.product(STRANGE, STRANGE)))
def test_a_limit_of_strange_numbers_is_waited_for_or_stops_the_source(reset: str, after: str) -> None:
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
        "X-RateLimit-Limit": reset,
        "Retry-After": after,
    }
    with pytest.raises((SourceStopped, Passing)) as raised:
        judge(Response(403, b"", headers, "http://x"), ASKED, 1_777_896_000.0, 600.0)
    assert "rate limit" in str(raised.value)


@pytest.mark.parametrize(("reset", "left"), list(itertools.product(STRANGE, ["0", *STRANGE])))
def test_a_budget_of_strange_numbers_is_read_or_passed_over(reset: str, left: str) -> None:
    budget = Budget(0.1)
    headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": left, "X-RateLimit-Reset": reset}
    budget.note("core", Response(200, b"", headers, "http://x"), 1_777_896_000.0)
    spent = budget.spent("core")
    assert spent is None or "requests are left" in spent.line
