"""The exception tree of ingest: what goes wrong outside ends as one of these, in one line that a person can act on."""


class UptakeError(Exception):
    """Base of all expected failures. Its text names the place, what is wrong there and what to do about it."""

    exit_code = 1


class ConfigError(UptakeError):
    """The configuration cannot be used; nothing was started."""

    exit_code = 2


class LockHeld(UptakeError):
    """Another ingest works on the same data folder."""

    exit_code = 3


class SourceError(UptakeError):
    """A source, or a part of it, could not be read; other sources and parts go on."""


class NotAllowed(SourceError):
    """The token lacks a permission, so that everything else that needs it cannot be read either."""


class SourceStopped(SourceError):
    """A whole source cannot be read for now: its host, its token or its rate limit stops every other part alike."""


class LandingError(UptakeError):
    """Raw data could not be written or read back: a full disk, a missing permission, a damaged raw file."""


class DamagedRaw(LandingError):
    """A raw file cannot be read back; its source waits until it is restored or moved away, the others go on."""
