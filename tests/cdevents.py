"""CDEvents for tests, in the form of the specification."""

from typing import Any

from ingest import config, run
from tests.conftest import Site

CONFIG = """
[[source]]
name = "cd"
kind = "cdevents"
path = "exports"
token_env = "CDEVENTS_SECRET"
max_rejected_ratio = 1
"""


def event(kind: str, subject: str, minute: int = 0, *, identifier: str = "", **more: Any) -> dict[str, Any]:
    """`kind` as pipelinerun.finished; `custom` is its customData, `source` its source, the rest its content."""
    source, custom = more.pop("source", "/ci"), more.pop("custom", None)
    return {
        "context": {
            "version": "0.4.1",
            "id": identifier or f"{kind}-{subject}-{minute}",
            "source": source,
            "type": f"dev.cdevents.{kind}.0.2.0",
            "timestamp": f"2025-03-01T10:{minute:02d}:00Z",
        },
        "subject": {"id": subject, "source": source, "type": kind.partition(".")[0], "content": more},
    } | ({"customData": custom, "customDataContentType": "application/json"} if custom else {})


def life() -> list[dict[str, Any]]:
    """A change, the run that builds it with its jobs, its deployment and rollback, and an incident."""
    repository = {"vcs.repository.name": "fraud", "vcs.owner.name": "acme", "vcs.ref.head.revision": "abc"}
    prod, run = {"id": "prod-1", "source": "/cluster"}, {"id": "7"}
    return [
        event("change.created", "12", 0, repository={"id": "acme/fraud"}, description="Jane's secret plan"),
        event("change.reviewed", "12", 1, repository={"id": "acme/fraud"}),
        event(
            "change.merged", "12", 2, repository={"id": "acme/fraud"}, custom={"vcs.change.id": "12", "author": "Jane"}
        ),
        event("pipelinerun.queued", "7", 3, pipelineName="build"),
        event("pipelinerun.started", "7", 4, pipelineName="build", url="https://ci.example/7", custom=repository),
        event("pipelinerun.finished", "7", 9, pipelineName="build", outcome="failure", errors="Jane broke it"),
        event("taskrun.started", "7/test", 5, taskName="unit tests", pipelineRun=run),
        event("taskrun.finished", "7/test", 8, taskName="unit tests", pipelineRun=run, outcome="success"),
        event(
            "service.deployed",
            "service/fraud",
            10,
            environment=prod,
            artifactId="pkg:oci/fraud@sha256%3A1",
            custom=repository | {"deployment.environment.name": "production", "cicd.pipeline.run.id": "7"},
        ),
        event("service.rolledback", "service/fraud", 20, environment=prod, artifactId="pkg:oci/fraud@sha256%3A0"),
        event(
            "incident.detected", "i1", 12, environment=prod, service={"id": "service/fraud"}, description="Jane did it"
        ),
        event("incident.reported", "i1", 13, environment=prod, ticketURI="https://tickets.example/i1"),
        event("incident.resolved", "i1", 25, environment=prod, custom={"severity": "high"}),
    ]


def pull(site: Site, **how: Any) -> run.SourceResult:
    """An ingest without the build after it."""
    with site.hashing():
        (result,) = run.ingest(config.load(site.config), site.data, ["cd"], **how)
    return result


def replay(site: Site) -> None:
    """A replay without the build after it."""
    with site.hashing():
        run.replay(config.load(site.config), site.data, ["cd"])


def tables(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """All that staging holds of what events tell."""
    nouns = ("ci_run", "ci_job", "deployment", "change", "incident", "rejected", "coverage")
    return {noun: site.rows(f"from staging.{noun} order by all") for noun in nouns}
