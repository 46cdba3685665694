"""What is kept of MLflow's objects: listed fields and tags only; who registered or trained a model is not kept."""

from functools import partial
from typing import Annotated, NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from pydantic import Field
from typing_extensions import TypedDict

from ingest.repositories import repository
from ingest.shapes import Item, Shape
from ingest.source import Hasher

TAGS = ("product", "repo", "data_version")
COMMIT = "mlflow.source.git.commit"
REPOSITORY = "mlflow.source.git.repoURL"
CONTEXT = "mlflow.data.context"


Number = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
"""MLflow counts the versions of a model, and gives the number as text."""


class Tag(TypedDict):
    key: str
    value: NotRequired[str | None]


class Alias(TypedDict):
    alias: str
    version: str


class Model(TypedDict):
    name: str
    aliases: NotRequired[list[Alias] | None]
    tags: NotRequired[list[Tag] | None]


class Models(TypedDict):
    registered_models: NotRequired[list[Model]]
    next_page_token: NotRequired[str | None]


class Version(TypedDict):
    name: str
    version: Number
    creation_timestamp: int
    last_updated_timestamp: int
    current_stage: NotRequired[str | None]
    run_id: NotRequired[str | None]
    tags: NotRequired[list[Tag] | None]


class Versions(TypedDict):
    model_versions: NotRequired[list[Version]]
    next_page_token: NotRequired[str | None]


class OneVersion(TypedDict):
    model_version: Version


class Dataset(TypedDict):
    digest: NotRequired[str | None]


class DatasetInput(TypedDict):
    dataset: Dataset
    tags: NotRequired[list[Tag] | None]


class RunData(TypedDict):
    tags: NotRequired[list[Tag] | None]


class RunInputs(TypedDict):
    dataset_inputs: NotRequired[list[DatasetInput] | None]


class Run(TypedDict):
    data: NotRequired[RunData | None]
    inputs: NotRequired[RunInputs | None]


class OneRun(TypedDict):
    run: Run


def model(item: Model, hashed: Hasher) -> Item:
    aliases = [(each["version"], each["alias"]) for each in item.get("aliases") or ()]
    return {"name": item["name"], "aliases": aliases, "tags": _tags(item.get("tags"), *TAGS)}


def version(item: Version, hashed: Hasher) -> Item:
    stage = item.get("current_stage")
    return {
        "name": item["name"],
        "version": item["version"],
        "created_at": item["creation_timestamp"],
        "updated_at": item["last_updated_timestamp"],
        "stage": None if stage == "None" else stage,
        "run_id": item.get("run_id") or None,
        "tags": _tags(item.get("tags"), *TAGS),
    }


def run(item: OneRun, hashed: Hasher) -> Item:
    tags = _tags((item["run"].get("data") or {}).get("tags"), COMMIT, REPOSITORY)
    return {
        "source_sha": tags.get(COMMIT),
        "repo": repository(tags.get(REPOSITORY)),
        "data_version": _digest((item["run"].get("inputs") or {}).get("dataset_inputs") or []),
    }


def _tags(tags: list[Tag] | None, *keys: str) -> dict[str, str]:
    return {each["key"]: value for each in tags or () if each["key"] in keys and (value := each.get("value"))}


def _digest(inputs: list[DatasetInput]) -> str | None:
    """Of the data that a model was trained on, else of the first data that its run names."""
    training = [each for each in inputs if _tags(each.get("tags"), CONTEXT).get(CONTEXT) == "training"]
    return next((digest for each in training + inputs if (digest := each["dataset"].get("digest"))), None)


_shape = partial(Shape, needs="to read registered models (READ)")

MODELS = _shape(Model, Models, "registered_models", model)
VERSIONS = _shape(Version, Versions, "model_versions", version)
VERSION = _shape(OneVersion, Versions, "model_versions", lambda item, hashed: version(item["model_version"], hashed))
RUN = Shape(OneRun, OneRun, None, run, "to read runs (READ on their experiment)")
