"""Requests to one project of Azure DevOps, and how its lists go on."""

from collections.abc import Iterator
from urllib.parse import quote

from ingest.api import Api
from ingest.errors import SourceError
from ingest.http import Http
from ingest.settings import AzureDevopsSettings
from ingest.shapes import Item, Listing, Shape
from ingest.source import Hasher

TOP = 100
TOKEN = "x-ms-continuationtoken"


def project_api(http: Http, hasher: Hasher, settings: AzureDevopsSettings, project: Item | None = None) -> Api:
    """Requests below a project, or below the organisation itself."""
    # without a token that it knows, it would lead to a page for signing in on another host
    headers = {"Accept": f"application/json;api-version={settings.api_version}", "X-TFS-FedAuthRedirect": "Suppress"}
    part = project["name"] if project else "projects"
    root = f"{quote(project['id'], safe='')}/_apis" if project else "_apis"
    return Api(http, hasher, settings.name, part, root, headers, sized={})


def pages(api: Api, path: str, shape: Shape, params: dict[str, str | int] | None = None) -> Iterator[Listing]:
    """All pages of a list that goes on with a token. Raises SourceError when they run in circles."""
    asked: dict[str, str | int] = {"$top": TOP, **(params or {})}
    while True:
        response = api.many(path, shape, asked)
        yield response.value
        token = response.headers.get(TOKEN)
        if not token:
            return
        if token == asked.get("continuationToken"):
            raise SourceError(f"{api.source}/{api.part}: {path}: its pages repeat themselves; run again later")
        asked["continuationToken"] = token
