"""How GitHub's endpoints answer."""

from functools import partial

from ingest import github_deployment_fields as deployed
from ingest import github_fields as fields
from ingest.shapes import Shape

ACTIONS = "Actions: read"
DEPLOYS = "Deployments: read"
REQUESTS = "Pull requests: read"

_shape = partial(Shape, persons=fields.PERSONS, free_text=fields.FREE_TEXT)

RUNS = _shape(fields.Run, fields.RunPage, "workflow_runs", fields.run, ACTIONS)
JOBS = _shape(fields.Job, fields.JobPage, "jobs", fields.job, ACTIONS)
DEPLOYMENTS = _shape(deployed.Deployment, list[deployed.Deployment], None, deployed.deployment, DEPLOYS)
APPROVALS = _shape(deployed.Approval, list[deployed.Approval], None, deployed.approval, ACTIONS)
RELEASES = _shape(deployed.Release, list[deployed.Release], None, deployed.release, "Contents: read")
TAGGED = _shape(deployed.Tagged, deployed.Tagged, None, deployed.tagged, "Contents: read")
STATUSES = _shape(deployed.Status, list[deployed.Status], None, deployed.status, DEPLOYS)
PULLS = _shape(fields.Pull, list[fields.Pull], None, fields.pull, REQUESTS)
COMMITS = _shape(fields.Commit, list[fields.Commit], None, fields.commit, REQUESTS)
REVIEWS = _shape(fields.Review, list[fields.Review], None, fields.review, REQUESTS)
REPOSITORIES = _shape(fields.Repository, list[fields.Repository], None, fields.repository, "Metadata: read")
