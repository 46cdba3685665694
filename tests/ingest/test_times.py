"""Times of APIs: what is none, or none that can be, raises nothing but ValueError."""

import pytest

from ingest.times import earliest, in_order, utc

BEYOND = ("9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00")
"""Times that are none in UTC."""


@pytest.mark.parametrize("text", [*BEYOND, "yesterday", ""])
def test_what_is_no_time_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        utc(text)
    assert earliest([text, "2025-01-01T00:00:00Z"]) == "2025-01-01T00:00:00Z"
    assert in_order("2025-01-01T00:00:00Z", text) == ("2025-01-01T00:00:00Z", text)
