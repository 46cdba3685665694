"""`uptake survey`: from an export that nobody knows to a mapping, and from free text to pains. Writes no data."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command import common, console, data_folder, given

if TYPE_CHECKING:
    from ingest.survey_agreement import Agreement
    from ingest.survey_coded import CodedTexts

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def survey() -> None:
    """Propose a survey's mapping, and look at how its free text is coded."""


@survey.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write it there instead of to the screen.")
@common
def inspect(files: tuple[Path, ...], out: Path | None) -> None:
    """Propose what the columns of exports mean, each file a wave, as TOML to correct."""
    from ingest.survey_proposal import propose

    text = propose(files)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        # never over what a person has corrected
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"{out} is there already; name another file, or move it away") from None
    except OSError as error:
        raise click.UsageError(f"{out}: cannot be written ({error.strerror})") from None
    console().info(f"survey: mapping proposed in {out}; correct it, then name it as `mapping` of a source")


@survey.command()
@click.argument("source")
@click.option("--uncoded", is_flag=True, help="Only answers that speak of no pain, with what they may speak of.")
@click.option("--against", type=FILE, help="How well it agrees with this CSV, which a person coded.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@common
def code(source: str, uncoded: bool, against: Path | None, form: str) -> None:
    """Show the free text of a source's exports with the pains that it is coded to, and the words that say so."""
    import polars as pl

    from app.render import render

    found = _coded(source)
    console().errors(found.faults)
    if against is not None:
        frame = pl.DataFrame([_agreement(part, each) for part, each in found.against(against).items()])
    else:
        suggested = found.suggested()
        listed = [each for each in found.texts if not uncoded or each in suggested]
        frame = pl.DataFrame(
            {
                "survey_id": [each.survey_id for each in listed],
                "question_id": [each.question_id for each in listed],
                "pains": [_line(_said(each.pains), form, 60) for each in listed],
                "suggested": [_line(_said(suggested.get(each, {})), form, 60) for each in listed],
                "text": [_line(each.text, form, 100) for each in listed],
            }
        )
    click.echo(render(frame, form))
    if found.faults:
        raise click.exceptions.Exit(1)


def _coded(source: str) -> "CodedTexts":
    """Raises click's usage error when no such source is configured, SourceError when it cannot be read."""
    import secrets

    from ingest import config, people
    from ingest.survey_coded import CodedTexts
    from ingest.survey_settings import SurveySettings

    entries = [each for each in config.load(given("config")).source if isinstance(each, SurveySettings)]
    entry = next((each for each in entries if each.name == source), None)
    if entry is None:
        there = ", ".join(each.name for each in entries) or "none"
        raise click.UsageError(f"no source of kind survey is called '{source}'; there are {there}")
    return CodedTexts(entry, people.hasher(people.existing_key(data_folder()) or secrets.token_bytes(32)))


def _agreement(part: str, found: "Agreement") -> dict[str, str | int | float | None]:
    counts = {"both": found.both, "only_coding": found.only_coding, "only_person": found.only_person}
    rates = {"precision": found.precision, "recall": found.recall, "f1": found.f1, "kappa": found.kappa}
    return {"part": part, "answers": found.answers, **counts, **rates}


def _said(pains: dict[str, str]) -> str:
    return "; ".join(f"{pain} ({words})" for pain, words in pains.items())


def _line(text: str, form: str, most: int) -> str | None:
    """On one line; a table has no room for a long one."""
    plain = " ".join(text.split())
    return (plain if form != "table" or len(plain) <= most else f"{plain[: most - 1]}…") or None
