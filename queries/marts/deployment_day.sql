-- question: How often and how well is something deployed, day by day?
-- grain: day, domain, environment, environment_class, path, cause
-- reads: facts.clock, facts.deployment, facts.deployment_failure, facts.team
-- columns:
--   day                       date       finished, in the reporting time zone
--   domain                    varchar    part of the organisation that the owner belongs to
--   environment               varchar    environment
--   environment_class         varchar    production, test, development or other
--   path                      varchar    platform, off_platform or unknown
--   cause                     varchar    why it was deployed
--   tried_count               bigint     succeeded or failed
--   succeeded_count           bigint     of these, succeeded
--   repaired_count            bigint     of the succeeded, led to an incident, a rollback or an unplanned fix
--   named_count               bigint     of these, by a record that names the deployment
--   unplanned_count           bigint     of the succeeded, unplanned
-- What is asked of the whole organisation is added up from a few rows a day instead of one a deployment.
select
    local_day(deployment.finished_at, clock.timezone) as day,
    team.domain,
    deployment.environment,
    deployment.environment_class,
    deployment.path,
    deployment.cause,
    count(*) as tried_count,
    count(*) filter (deployment.status = 'succeeded') as succeeded_count,
    count(*) filter (deployment.status = 'succeeded' and failure.deployment_id is not null) as repaired_count,
    count(*) filter (deployment.status = 'succeeded' and failure.is_linked) as named_count,
    count(*) filter (deployment.status = 'succeeded' and deployment.is_unplanned) as unplanned_count
from facts.deployment
cross join facts.clock
left join facts.team using (team_id)
left join (
    select deployment_id, bool_or(link_method in ('deployment_id', 'rollback_of')) as is_linked
    from facts.deployment_failure
    group by deployment_id
) as failure using (deployment_id)
where deployment.status in ('succeeded', 'failed') and deployment.finished_at <= clock.as_of
group by all
order by environment_class, day
