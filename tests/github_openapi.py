"""GitHub's own description of its API, cut to what Uptake asks for: what the fake server is held against.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python -m tests.github_openapi package

cuts tests/fixtures/github/openapi.json.gz anew, after a path was added to PATHS. The whole description has 13 MB.
"""

import argparse
import gzip
import json
import re
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

FILE = Path(__file__).parent / "fixtures" / "github" / "openapi.json.gz"
PATHS = (
    "/app/installations/{installation_id}/access_tokens",
    "/orgs/{org}/installation",
    "/orgs/{org}/repos",
    "/rate_limit",
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/actions/runs",
    "/repos/{owner}/{repo}/actions/runs/{run_id}",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs",
    "/repos/{owner}/{repo}/commits/{ref}",
    "/repos/{owner}/{repo}/compare/{basehead}",
    "/repos/{owner}/{repo}/deployments",
    "/repos/{owner}/{repo}/deployments/{deployment_id}",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{issue_number}",
    "/repos/{owner}/{repo}/issues/{issue_number}/events",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "/repos/{owner}/{repo}/releases",
    "/users/{username}/installation",
    "/users/{username}/repos",
)
"""What Uptake asks for, each by GET unless METHODS says otherwise."""

WAITING = "waiting"
"""The state of a deployment that waits for its reviewers. Of GitHub's two descriptions that of its REST API forgets it,
and that of its GraphQL API (DeploymentStatusState) lists it."""

METHODS = {"/app/installations/{installation_id}/access_tokens": "post"}
FORMATS = FormatChecker(formats=())
"""Times alone: they are what Uptake computes with."""

ERROR = "#/components/schemas/basic-error"
WORDS = {"description", "example", "examples", "externalDocs", "x-github", "title", "summary", "default"}
"""Keys of the description that say nothing about an answer's form."""


@FORMATS.checks("date-time", ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or (datetime.fromisoformat(value) is not None and "T" in value)


class Contract:
    """What GitHub documents of the paths in the cut."""

    def __init__(self) -> None:
        self._described = json.loads(gzip.decompress(FILE.read_bytes()))
        self.version: str = self._described["version"]
        self.paths: set[str] = set(self._described["paths"])

    def path(self, address: str) -> str | None:
        """The documented path that an address is one of; None when none is in the cut."""
        # where a renamed repository's requests are redirected to; GitHub documents it in words only
        plain = re.sub(r"^/repositories/\d+", "/repos/any/any", urlsplit(address).path)
        return next((path for path, pattern in self._patterns.items() if pattern.fullmatch(plain)), None)

    def schema(self, path: str) -> Any:
        """Of a path's answer; of none, the document that references point into."""
        if not path:
            return self._described
        [answer] = self._described["paths"][path][METHODS.get(path, "get")]["responses"].values()
        return answer

    def faults(self, method: str, address: str, status: int, body: bytes) -> list[str]:
        """What of a request or its answer is not as documented; empty when all is."""
        path = self.path(address)
        if path is None:
            return [f"{method} {address}: not in the cut; add its path to PATHS and cut it: {__name__} says how"]
        described = self._described["paths"][path].get(method.lower())
        if described is None:
            return [f"{path}: {method} is not documented"]
        return [
            f"{method} {path}: {fault}"
            for fault in [*_asked(described, address), *self._answered(described, status, body)]
        ]

    def _answered(self, described: Any, status: int, body: bytes) -> list[str]:
        if status == 304:
            return ["a body with 304"] if body else []
        schema = described["responses"].get(str(status)) if status < 300 else {"$ref": ERROR}
        if schema is None:
            return [f"status {status} is not documented"]
        try:
            answer = json.loads(body)
        except ValueError:
            return [f"the answer to status {status} is no JSON"]
        whole = {**schema, "components": self._described["components"]}
        errors = Draft202012Validator(whole, format_checker=FORMATS).iter_errors(answer)
        return [f"{error.json_path}: {_why(error)}" for error in errors]

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in sorted(self.paths)}


def _asked(described: Any, address: str) -> list[str]:
    """What of the query GitHub does not know, or knows with other values."""
    faults = []
    for name, text in parse_qsl(urlsplit(address).query, keep_blank_values=True):
        schema = described["query"].get(name)
        if schema is None:
            faults.append(f"parameter {name} is not documented")
        elif schema.get("type") == "integer" and not text.isdigit():
            faults.append(f"parameter {name} = {text} is no integer")
        elif text not in schema.get("enum", [text]):
            faults.append(f"parameter {name} = {text} is none of {', '.join(schema['enum'])}")
    return faults


def _why(error: ValidationError) -> str:
    return error.message if len(error.message) < 200 else f"{error.validator} {str(error.validator_value)[:160]}"


def cut(description: Any) -> Any:
    """The paths in use with their parameters and answers, and the schemas that these refer to."""
    paths = {}
    for path in PATHS:
        method = METHODS.get(path, "get")
        operation = description["paths"][path][method]
        parameters = [_resolved(description, each) for each in operation.get("parameters", [])]
        paths[path] = {
            method: {
                "query": {each["name"]: _plain(each["schema"]) for each in parameters if each["in"] == "query"},
                "responses": {
                    status: _plain(answer["content"]["application/json"]["schema"])
                    for status, answer in operation["responses"].items()
                    if status.startswith("2") and "content" in answer
                },
            }
        }
    schemas: dict[str, Any] = {}
    wanted = _references(paths) | {ERROR}
    while wanted:
        reference = wanted.pop()
        name = reference.rpartition("/")[2]
        schemas[name] = _plain(_at(description, reference))
        wanted |= {each for each in _references(schemas[name]) if each.rpartition("/")[2] not in schemas}
    schemas["deployment-status"]["properties"]["state"]["enum"].append(WAITING)
    return {
        "source": "npm @octokit/openapi, generated/api.github.com.json",
        "version": description["info"]["version"],
        "licence": "MIT, Copyright (c) 2020 Octokit contributors",
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _plain(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: without words, and `nullable` as a type."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        # what is called `title` among properties is a field, not a word
        key: {name: _plain(each) for name, each in value.items()} if key == "properties" else _plain(value)
        for key, value in schema.items()
        if key not in WORDS and key != "nullable"
    }
    if schema.get("nullable"):
        return {"anyOf": [plain, {"type": "null"}]}
    return plain


def _resolved(description: Any, each: Any) -> Any:
    return _at(description, each["$ref"]) if "$ref" in each else each


def _at(description: Any, reference: str) -> Any:
    found = description
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {found for each in schema for found in _references(each)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
    return own | {found for each in schema.values() for found in _references(each)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="the unpacked package")
    described = cut(json.loads((parser.parse_args().package / "generated" / "api.github.com.json").read_text("utf-8")))
    # no time and no name in the header: the same description gives the same file
    FILE.write_bytes(gzip.compress(json.dumps(described, sort_keys=True, separators=(",", ":")).encode(), mtime=0))
    print(f"{FILE}: {len(described['paths'])} paths, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
