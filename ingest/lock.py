"""One writer a data folder: the lock that ingest, replay and build hold, and that ends with their process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.errors import LandingError, LockHeld

FILE = ".lock"


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Holds the lock of the data folder, which is made when it is not there. Raises LockHeld when it is taken."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = os.open(data / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LandingError(f"{data}: this folder cannot hold the data ({error.strerror}); mend --data") from None
    with os.fdopen(handle, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip()
            by = f" (process {holder})" if holder else ""
            raise LockHeld(f"{data}: another run is at work here{by}; wait until it has ended") from None
        # who holds it is only for the message above: a full disk need not stop a run here
        with suppress(OSError):
            os.truncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
