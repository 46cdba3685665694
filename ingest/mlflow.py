"""The `mlflow` source: model versions of a registry, and what aliases and stages put into which environment.

docs/mlflow.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from typing import Any

from ingest.api import Api
from ingest.belonging import belonging
from ingest.errors import SourceError
from ingest.going_on import going_on
from ingest.http import Http
from ingest.mlflow_fields import MODELS
from ingest.mlflow_registry import Registry, RegistryMark
from ingest.records import Deployment, ModelVersion, Record
from ingest.rows import Row, records
from ingest.settings import MlflowSettings
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

ROOT = "api/2.0/mlflow"
MARK = "registry"
PAGE_SIZE = 200


class Mlflow:
    """One MLflow server."""

    def __init__(self, settings: MlflowSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher
        self._environments = {name.lower(): place for name, place in settings.environments.items()}

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What changed in the registry. What fails is a Fault, and the rest goes on."""
        # where no environment is named, no deployment is measured
        noun = "deployment" if self._environments else "named"
        mark = RegistryMark.of(since.marks, MARK)
        registry = Registry(self._api(http), MARK, mark, since.floor, runs=self._settings.runs, noun=noun)
        yield from going_on(registry.fetch())

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._version if page.kind == "model_version" else self._deployment)

    def check(self, http: Http) -> Iterator[str]:
        try:
            self._api(http).many("registered-models/search", MODELS, {"max_results": 1})
        except SourceError as error:
            yield str(error)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "registry", ROOT, sized={"max_results": PAGE_SIZE})

    def _version(self, item: Item) -> Iterator[Row]:
        yield (
            ModelVersion,
            {
                "model_name": item["name"],
                "version": item["version"],
                "created_at": item["created_at"] / 1000,
                "product": self._belonging(item).get("product"),
                "alias": ", ".join(item["aliases"]) or None,
                "stage": item["stage"],
                "source_sha": item["source_sha"],
                "run_id": item["run_id"],
                "data_version": item["data_version"],
            },
        )

    def _deployment(self, item: Item) -> Iterator[Row]:
        """A deployment where the alias or stage means an environment. It was seen then, and took place before."""
        environment = self._environments.get(item["pointer"].partition(" ")[2].lower())
        if environment is None:
            return
        before = item["before"]
        is_rollback = before is not None and int(item["version"]) < int(before["version"])
        taken_back = _id(item["name"], before, environment) if is_rollback and before["seen_at"] else None
        belongs = self._belonging(item)
        yield (
            Deployment,
            {
                "deployment_id": _id(item["name"], item, environment),
                "repo": belongs.get("repo") or f"models/{item['name']}",
                "environment": environment,
                "created_at": item["seen_at"],
                "finished_at": item["seen_at"],
                "status": "succeeded",
                "product": belongs.get("product"),
                "sha": item["source_sha"],
                "via_platform": self._settings.via_platform,
                "model_name": item["name"],
                "model_version": item["version"],
                "data_version": item["data_version"],
                "rollback_of": taken_back,
                "cause": "rollback" if is_rollback else None,
                "url": f"{self._settings.base_url}/#/models/{item['name']}/versions/{item['version']}",
            },
        )

    def _belonging(self, item: Item) -> dict[str, Any]:
        """Product and repository: as the config says, else the tags, else the run."""
        told = {key: item[key] for key in ("product", "repo") if item[key]}
        return told | belonging(self._settings.belongs, [item["name"]])


def _id(model: str, item: Item, environment: str) -> str:
    """One for alias and stage where both put a version into the same environment at once."""
    return f"{model}/{item['version']}/{environment}/{item['seen_at']}"
