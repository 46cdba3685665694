-- question: How long was production broken after a deployment that led to a failure?
-- grain: deployment_id
-- time: failed_at
-- reads: facts.clock, facts.deployment, facts.deployment_failure, facts.incident
-- columns:
--   deployment_id             varchar    the deployment that led to a failure
--   team_id                   varchar    owner
--   product                   varchar    product
--   repo                      varchar    repository
--   environment               varchar    environment as given
--   path                      varchar    path
--   failed_at                 timestamp  when the deployment had finished: from then on production may be broken
--   recovered_at              timestamp  its last incident resolved or the next succeeded deployment finished, whichever came first; null while neither has
--   recovery_method           varchar    resolved or superseded
--   recovery_hours            double     failed to recovered
--   open_hours                double     failed until now, of one that is still open
with broken as (
    select
        deployment_failure.deployment_id,
        -- of several incidents the last ends it, and one that is open, or due to end later, keeps it open
        case when count(incident_id) filter (incident.resolved_at <= clock.as_of) = count(incident_id) then max(incident.resolved_at) end
            as resolved_at
    from facts.deployment_failure
    cross join facts.clock
    left join facts.incident using (incident_id)
    group by deployment_failure.deployment_id
),
superseded as (
    select previous_deployment_id as deployment_id, min(finished_at) as superseded_at
    from facts.deployment
    where status = 'succeeded' and previous_deployment_id is not null and finished_at <= (select as_of from facts.clock)
    group by all
),
ended as (
    select
        deployment.deployment_id,
        deployment.team_id,
        deployment.product,
        deployment.repo,
        deployment.environment,
        deployment.path,
        deployment.finished_at as failed_at,
        least(broken.resolved_at, superseded.superseded_at) as recovered_at,
        case
            when recovered_at is null then null
            when broken.resolved_at = recovered_at then 'resolved'
            else 'superseded'
        end as recovery_method
    from facts.deployment
    inner join broken using (deployment_id)
    left join superseded using (deployment_id)
)
select
    ended.*,
    hours_between(ended.failed_at, ended.recovered_at) as recovery_hours,
    case when ended.recovered_at is null then hours_between(ended.failed_at, clock.as_of) end as open_hours
from ended
cross join facts.clock
