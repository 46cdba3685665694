"""`uptake metric` and `uptake rows`: the figures of the current read model, and the facts behind them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from app.command import common, console, needs_named_config, read_folder, window

Where = Mapping[str, tuple[str, ...]]


@click.command()
@click.argument("name", required=False)
@click.option("--by", default="all", show_default=True, metavar="PERIOD", help="day, week, month, quarter or all.")
@click.option("--group", multiple=True, metavar="COL,...", help="Columns to split by.")
@click.option("--list", "lists", is_flag=True, help="Name all metrics with their question.")
@click.option("--compare", metavar="WITH", help="before or year: against the period before, or a year ago.")
@window
@common
def metric(
    *, name: str | None, by: str, group: tuple[str, ...], lists: bool, compare: str | None, form: str, **asked: Any
) -> None:
    """Print a metric."""
    from app.render import render
    from queries import comparison, metrics, readmodel, unfound
    from queries.slice import Slice

    if lists:
        width = max(map(len, metrics.METRICS))
        lines = "\n".join(f"{found.name:{width}}  {found.question}" for found in metrics.METRICS.values())
        click.echo(lines if form == "table" else render(metrics.listed(), form))
        return
    if name is None:
        raise click.UsageError("name a metric; `uptake metric --list` shows them all")
    columns = [column.strip() for given_columns in group for column in given_columns.split(",")]
    part = Slice(by=by, group=tuple(dict.fromkeys(filter(None, columns))), **asked)
    needs_named_config()
    with readmodel.open_current(read_folder()) as con:
        answer = comparison.compare(con, name, part, compare) if compare else metrics.ask(con, name, part)
        click.echo(render(answer, form))
        if unheeded := metrics.unheeded(name, part):
            console().note(unheeded)
        for line in unfound.in_metric(con, name, part.where):
            console().note(line)
        if answer.is_empty() and (reason := metrics.refusal(con, name)):
            console().note(reason)


@click.command()
@click.argument("fact")
@window
@common
def rows(fact: str, since: date | None, until: date | None, where: Where, form: str) -> None:
    """Print the fact rows behind a figure."""
    from app.render import render
    from queries import readmodel, unfound
    from queries.rows import fact_rows

    needs_named_config()
    with readmodel.open_current(read_folder()) as con:
        click.echo(render(fact_rows(con, fact, since, until, where), form))
        for line in unfound.in_fact(con, fact, where):
            console().note(line)
