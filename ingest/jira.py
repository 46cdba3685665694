"""The `jira` source: issues that a JQL names, as initiatives of a roadmap or as incidents.

docs/jira.md tells what it reads, what each field becomes, and what that costs.
"""

from collections.abc import Iterator
from typing import Any

from ingest.answers import Response
from ingest.api import Api
from ingest.belonging import belonging
from ingest.errors import SourceError
from ingest.going_on import going_on
from ingest.http import Http, Params
from ingest.incident_settings import JiraSettings
from ingest.jira_fields import READ
from ingest.jira_issues import Issues
from ingest.reach import Reach
from ingest.records import Incident, Initiative, Record
from ingest.rows import Row, records
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import in_order

PAGE_SIZE = 100
CATEGORIES = {"new": "planned", "undefined": "planned", "indeterminate": "in_progress", "done": "shipped"}
"""Jira sorts every status into one of these."""

DROPPED = {"won't do", "won't fix", "wont do", "cannot reproduce", "duplicate", "declined", "cancelled", "canceled"}
"""Resolutions and statuses that end an issue without doing it, unless the config says otherwise."""


class Jira:
    """One Jira site and one JQL."""

    def __init__(self, settings: JiraSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher
        self._statuses = {name.lower(): meaning for name, meaning in settings.statuses.items()}
        self._priorities = {name.lower(): number for name, number in settings.priorities.items()}

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        api = self._api(http)
        now = http.clock(self._who(http))
        reach = Reach.of(self._settings.since, since.floor)
        if self._settings.reads == "initiatives":
            yield from going_on(Issues(api, since.marks, reach, self._settings, "initiative").whole(now))
        else:
            yield from going_on(Issues(api, since.marks, reach, self._settings, "incident").changed(now))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._initiative if page.kind == "initiative" else self._incident)

    def check(self, http: Http) -> Iterator[str]:
        path = f"{self._root}/{'search/jql' if self._settings.api == 'cloud' else 'search'}"
        params: Params = {
            "jql": f"({self._settings.jql}) ORDER BY created ASC, key ASC",
            "maxResults": 1,
            "fields": "key",
        }
        try:
            self._who(http)
            http.get(path, params, place=f"{self.name}/jira: jql", needs=READ)
        except SourceError as error:
            yield str(error)

    @property
    def _root(self) -> str:
        return f"rest/api/{3 if self._settings.api == 'cloud' else 2}"

    def _who(self, http: Http) -> Response:
        """Jira answers a search without error, and empty, to a token that it does not know: so it is asked who we are.
        What it says of that person is not read."""
        name = "myself" if self._settings.has_token else "serverInfo"
        return http.get(f"{self._root}/{name}", decode=bytes, place=f"{self.name}/jira: {name}", needs=READ)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "jira", self._root, sized={"maxResults": PAGE_SIZE})

    def _initiative(self, item: Item) -> Iterator[Row]:
        if item["title"] is None:
            told: dict[str, Any] = {"title": f"Issue {item['id']}, which is gone from Jira"}
        else:
            told = self._told(item)
        yield Initiative, {"initiative_id": item["id"], **told, **({"status": "dropped"} if item.get("left") else {})}

    def _told(self, item: Item) -> dict[str, Any]:
        settings = self._settings
        status = self._status(item)
        shipped = (item["resolved_at"] or item["category_changed_at"]) if status == "shipped" else None
        started = item["started_at"] or (item["category_changed_at"] if status == "in_progress" else None)
        started, shipped = in_order(started, shipped)
        effort = item["effort"]
        return {
            "title": item["title"],
            "status": status,
            "pain_ids": self._pains(item["labels"]),
            "priority": self._priorities.get((item["priority"] or "").lower()),
            "effort_days": None if effort is None else effort * settings.days_per_effort,
            "started_at": started,
            "shipped_at": shipped,
            "url": self._url(item),
        }

    def _status(self, item: Item) -> str:
        """What the config says of resolution or status, else what both commonly mean, else Jira's category."""
        ended = [each.lower() for each in (item["resolution"], item["status"]) if each]
        for name in ended:
            if name in self._statuses:
                return self._statuses[name]
        if any(name in DROPPED for name in ended):
            return "dropped"
        return CATEGORIES.get(item["category"] or "", "planned")

    def _pains(self, labels: list[str]) -> list[str]:
        prefix, source = self._settings.pain_prefix, self._settings.pain_source
        pains = [label[len(prefix) :] for label in labels if label.lower().startswith(prefix.lower())]
        return [f"{source}:{pain}" if source else pain for pain in pains if pain]

    def _incident(self, item: Item) -> Iterator[Row]:
        done = item["category"] == "done"
        yield (
            Incident,
            {
                "incident_id": item["id"],
                "opened_at": item["started_at"] or item["created_at"],
                "resolved_at": (item["resolved_at"] or item["category_changed_at"] or item["updated_at"])
                if done
                else None,
                "severity": item["priority"],
                "detected_by": self._settings.detected_by,
                "title": item["title"],
                "url": self._url(item),
                **belonging(self._settings.belongs, [*item["components"], *item["labels"], *item["project"]]),
            },
        )

    def _url(self, item: Item) -> str:
        return f"{self._settings.base_url}/browse/{item['key']}"
