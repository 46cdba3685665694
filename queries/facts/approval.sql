-- question: How long did a deployment wait for somebody to approve it?
-- grain: deployment_id
-- reads: facts.deployment, staging.deployment
-- columns:
--   deployment_id             varchar    production deployment that asked for approval and got it
--   team_id                   varchar    owner
--   approved_at               timestamp  when it was approved
--   wait_hours                double     from being asked for until then
select
    deployment.deployment_id,
    deployment.team_id,
    given.approved_at,
    hours_between(given.approval_requested_at, given.approved_at) as wait_hours
from facts.deployment
inner join staging.deployment as given using (deployment_id)
where deployment.environment_class = 'production' and given.approved_at >= given.approval_requested_at
