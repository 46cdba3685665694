"""Connections, and what goes wrong with them, in words."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3

from ingest.answers import Passing, short
from ingest.errors import SourceError, SourceStopped


def connections(base_url: str) -> requests.Session:
    """A session whose proxies and CA bundle are looked up once: per request, that takes longer than the request."""
    session = requests.Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    # gzip alone: one known decoder is easy to bound
    session.headers.update({"User-Agent": "uptake", "Accept-Encoding": "gzip"})
    return session


@contextmanager
def in_words(place: str, host: str | None, timeout: float, max_bytes: int) -> Iterator[None]:
    """Turns what the libraries raise into Passing where it may be gone at the next try, else into SourceError.

    OverflowError stands for an answer of more than `max_bytes`; `timeout` is the one for reading, in seconds.
    """
    try:
        yield
    except OverflowError:
        raise SourceError(
            f"{place}: the answer is larger than {max_bytes:,} bytes and was not read further; "
            "check that base_url is the API and not something else"
        ) from None
    except requests.exceptions.SSLError as error:
        raise SourceStopped(
            f"{place}: no trusted TLS connection to {host} ({_cause(error)}); "
            "set REQUESTS_CA_BUNDLE to the file with your organisation's CA"
        ) from None
    except requests.exceptions.ProxyError as error:
        reason = f"the proxy does not connect ({_cause(error)})"
        raise Passing(reason, "check HTTPS_PROXY and NO_PROXY", stops=True) from None
    except requests.exceptions.ConnectTimeout:
        raise Passing(f"{host} accepts no connection", "check base_url and proxy", stops=True) from None
    except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        raise Passing(f"no answer within {timeout:g} s") from None
    except requests.exceptions.ConnectionError as error:
        raise _broken(error, host) from None
    except (urllib3.exceptions.HTTPError, zlib.error) as error:
        raise Passing(f"the answer broke off ({_cause(error)})") from None
    except OSError as error:
        # all other errors of the library are OSErrors too, and a CA bundle that is not there is one of Python's
        raise SourceError(
            f"{place}: cannot be asked for ({_cause(error)}); check base_url and REQUESTS_CA_BUNDLE"
        ) from None


def _broken(error: requests.exceptions.ConnectionError, host: str | None) -> Passing:
    """A connection that broke off concerns one request, one that never came about concerns them all."""
    if error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError):
        return Passing(f"the connection broke off ({_cause(error)})")
    return Passing(f"{host} cannot be reached ({_cause(error)})", "check base_url, name service and proxy", stops=True)


def _cause(error: BaseException) -> str:
    """The innermost cause: libraries wrap one error in another and repeat the address in each."""
    inner = error
    while deeper := _wrapped(inner):
        inner = deeper
    if isinstance(inner, OSError) and inner.strerror:
        return short(inner.strerror)
    return short(str(inner.args[-1]) if inner.args else type(inner).__name__)


def _wrapped(error: BaseException) -> BaseException | None:
    candidates = (getattr(error, "reason", None), next(iter(error.args), None), error.__cause__)
    return next((each for each in candidates if isinstance(each, BaseException)), None)
