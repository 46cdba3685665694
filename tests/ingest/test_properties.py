"""What holds of every source, however what it tells arrives: any order, any repetition, any split into pages and files.

What a source tells at one moment is cut up and put together anew; what it tells later comes after that. Staging must be
the same as if nothing had been moved, and the same again after a replay from raw.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import count, pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import raw
from ingest.cdevents import Cdevents
from ingest.cdevents_fields import cut
from ingest.files import Files
from ingest.load import load
from ingest.records import RECORDS
from ingest.settings import CdeventsSettings, FilesSettings
from ingest.source import Page, Source
from ingest.spool import Spool
from ingest.warehouse import LIMITS, Warehouse
from tests.cdevents import life
from tests.ingest.reading import HASH, Reading, Sync
from tests.ingest.survey_reading import SurveyReading
from tests.providers import PROVIDERS, TOKEN

Moments = list[list[Page]]

SURVEY = """
[respondent]
response_id = "id"
[[wave]]
id = "w1"
files = ["*.csv"]
opened_at = 2026-03-01
[scales.slow]
min = 1
max = 5
[[question]]
id = "slow"
columns = ["Slow?"]
kind = "rating"
scale = "slow"
pain = "slow"
[[pain]]
id = "slow"
title = "Slow"
"""


class OpenReading(Reading):
    """Sends no token where the source has none."""

    def http(self, *_: Any, **__: Any) -> Any:
        return super().http(token=None if self.settings["kind"] == "statuspage" else TOKEN)


@cache
def told(kind: str) -> tuple[Source, Moments]:
    """The source, and the pages of two readings between which something happened."""
    if kind == "files":
        return Files(FilesSettings(name="src", kind="files", path=Path("nowhere")), HASH), exported()
    if kind == "cdevents":
        items = [item for event in life() if (item := cut(event, HASH))]
        entry = CdeventsSettings(name="src", kind="cdevents", token_env="SECRET")
        # events tell when they were, so the later ones may even come first
        return Cdevents(entry, HASH, Spool(Path("nowhere"), "src")), [[Page("event", "src/received", items)]]
    if kind == "survey":
        return surveyed()
    with PROVIDERS[kind]() as provider:
        reading = OpenReading(provider.server, **({"name": "src", "token_env": "TOKEN"} | provider.source))
        first_sync = reading.sync()
        provider.later()
        second_sync = reading.sync()
        assert not faults(first_sync) + faults(second_sync)
        return reading.source(), [first_sync.pages, second_sync.pages]


def surveyed() -> tuple[Source, Moments]:
    """An export of a survey, and once more with an answer that was changed and one that came."""
    with TemporaryDirectory() as folder:
        survey = SurveyReading(Path(folder), name="src")
        survey.mapping(SURVEY)
        moments = []
        for ratings in ((5, 4, 3, 2), (1, 4, 3, 2, 5)):
            survey.export("w1.csv", "id,Slow?\n" + "".join(f"{n},{rating}\n" for n, rating in enumerate(ratings)))
            moments.append(survey.sync().pages)
            assert not survey.faults
        return survey.source(), moments


def exported() -> Moments:
    """Deployments that wait and then fail, and answers to a survey."""
    row = {"repo": "r", "environment": "prod", "created_at": "2025-01-01", "status": "waiting"}
    rows: list[dict[str, Any]] = [row | {"deployment_id": f"{n}"} for n in range(9)]
    answers = [{"survey_id": "s", "response_id": f"{n}", "question_id": "q", "rating": f"{n}.5"} for n in range(9)]
    waiting, failed = "src/deployment.csv", [each | {"status": "failed"} for each in rows[:5]]
    first = [Page("deployment", waiting, rows), Page("survey_answer", "src/survey_answer.csv", answers)]
    return [first, [Page("deployment", waiting, failed)]]


def faults(sync: Sync) -> list[str]:
    """What went wrong in a reading."""
    return [*sync.faults, *([sync.stopped] if sync.stopped else []), *(row.reason for row in sync.rejected)]


def moved(pages: list[Page], random: Random) -> Iterator[Page]:
    """The items of the pages in any order, some of them twice, on pages of any size."""
    places: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for page in pages:
        places.setdefault((page.kind, page.place), []).extend(page.items)
    found = []
    for (kind, place), items in places.items():
        repeated = items + random.sample(items, random.randint(0, len(items)))
        random.shuffle(repeated)
        cuts = sorted(random.randint(0, len(repeated)) for _ in range(random.randint(0, 4)))
        found += [
            Page(kind, place, repeated[begin:end], starts=False) for begin, end in pairwise([0, *cuts, len(repeated)])
        ]
    random.shuffle(found)
    yield from found


def loaded(warehouse: Warehouse, folder: Path, source: Source, moments: Moments, random: Random) -> tuple[str, str]:
    """The checksums of staging after the pages are loaded from raw files of any size, and after a replay of these."""
    numbers = count(1)
    warehouse.forget(["src"])
    for pages in moments:
        with raw.Landing(folder, "src", numbers) as landing:
            for page in pages:
                landing.add(page)
                if random.random() < 0.3 and (file := landing.close()):
                    load(warehouse, source, file, {"src"})
            if file := landing.close():
                load(warehouse, source, file, {"src"})
    first = checksum(warehouse)
    warehouse.forget(["src"])
    for file in raw.files(folder):
        load(warehouse, source, file, {"src"})
    return first, checksum(warehouse)


def checksum(warehouse: Warehouse) -> str:
    """Of all records, sorted, and of what was rejected: nothing."""
    digest = hashlib.sha256()
    with duckdb.connect(str(warehouse.file), config=LIMITS) as con:
        for noun in (*RECORDS, "rejected", "coverage"):
            digest.update(repr((noun, con.execute(f"from staging.{noun} order by all").fetchall())).encode())
        assert con.execute("select count(*) from staging.rejected").fetchall() == [(0,)]
    return digest.hexdigest()


@pytest.mark.parametrize("kind", ["files", "cdevents", "survey", *PROVIDERS])
def test_any_order_repetition_and_split_give_the_same_tables_and_so_does_a_replay(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source, moments = told(kind)
    assert all(any(page.items for page in pages) for pages in moments)
    with Warehouse(tmp_path_factory.mktemp("warehouse")) as warehouse:
        expected, again = loaded(warehouse, tmp_path_factory.mktemp(kind), source, moments, Random(0))
        assert again == expected

        @settings(max_examples=5, deadline=None)
        @given(random=st.randoms(use_true_random=False))
        def holds(random: Random) -> None:
            arranged = [list(moved(pages, random)) for pages in moments]
            folder = tmp_path_factory.mktemp(kind)
            assert loaded(warehouse, folder, source, arranged, random) == (expected, expected)

        holds()
