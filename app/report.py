"""What a run says when it ends: a line for the whole, and one for each fault, note and change of meaning."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import click

from app.command import console

if TYPE_CHECKING:
    from ingest.work import SourceResult


class Published(Protocol):
    """What a build says of itself, as far as it is told."""

    @property
    def name(self) -> str: ...
    @property
    def seconds(self) -> float: ...
    @property
    def rebuilt(self) -> bool: ...
    @property
    def redefined(self) -> tuple[str, ...]: ...


def redefined(published: Published) -> None:
    """A line where settings changed what the figures mean."""
    if published.redefined:
        names = ", ".join(name.replace("_", " ") for name in published.redefined)
        console().info(f"{names} changed: read model rebuilt")


def ended(
    command: str, results: "list[SourceResult]", published: Published | None, strangers: Sequence[str] = ()
) -> None:
    """One line for the run and one for each fault, note or stranger among the sources; exit 1 when there is a fault."""
    says = console()
    for note in (note for result in results for note in result.notes):
        says.info(note)
    if published:
        redefined(published)
    for name in strangers:
        says.info(
            f"{name}: the config names no such source any more; what was loaded of it stays and counts. "
            f"`uptake forget {name}` removes it; do so if it was given another name, since its data then come twice"
        )
    faults = [fault for result in results for fault in result.faults]
    says.errors(faults)
    rows = sum(result.loaded.rows if published else result.loaded.received for result in results)
    rejected = sum(result.loaded.rejected for result in results)
    failed = sum(bool(result.faults) for result in results)
    parts = [f"{len(results)} source{'s' if len(results) > 1 else ''}"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{rows:,} rows {'new or changed' if published else 'to load'}"] if rows else ["nothing new"]
    parts += [f"{rejected:,} rejected"] if rejected else []
    line = ", ".join(parts)
    if published and published.rebuilt:
        line += f", published {published.name} in {published.seconds:.1f} s"
    elif published:
        line += f"; {published.name} stays"
    says.info(
        f"{command}: {line}",
        sources={result.name: vars(result.loaded) | {"faults": len(result.faults)} for result in results},
        read_model=published.name if published else None,
    )
    if faults:
        raise click.exceptions.Exit(1)
