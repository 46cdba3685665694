"""What fails in one part of a source becomes a Fault, so that the other parts go on."""

from collections.abc import Generator, Iterator

from ingest.errors import SourceError, SourceStopped
from ingest.source import Fault, Page


def going_on(pages: Iterator[Page | Fault]) -> Generator[Page | Fault, None, bool]:
    """The pages up to a failure, which becomes a Fault. Returns whether the end was reached.

    Raises SourceStopped where no other part would fare better.
    """
    try:
        yield from pages
    except SourceStopped:
        raise
    except SourceError as error:
        yield Fault(str(error))
        return False
    return True
