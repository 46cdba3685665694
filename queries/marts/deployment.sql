-- question: How often, by whom and how well is something deployed?
-- grain: deployment_id
-- reads: facts.clock, facts.deployment, facts.deployment_failure, facts.team
-- columns:
--   day                       date       when the deployment ended, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   product                   varchar    product
--   repo                      varchar    repository
--   environment               varchar    environment as given
--   environment_class         varchar    production, test, development or other
--   path                      varchar    platform, off_platform or unknown
--   cause                     varchar    what it was for
--   deployment_id             varchar    deployment
--   model_name                varchar    model
--   is_succeeded              boolean    succeeded; else it failed (cancelled and unfinished ones are not here)
--   is_unplanned              boolean    repairs production
--   is_failed_change          boolean    succeeded, and led to an incident, a rollback or an unplanned fix
--   has_linked_failure        boolean    of these, named by an incident or a rollback rather than inferred
--   is_eligible               boolean    the owner could use the platform then, and does not build it
select
    local_day(deployment.finished_at, clock.timezone) as day,
    deployment.team_id,
    team.domain,
    deployment.product,
    deployment.repo,
    deployment.environment,
    deployment.environment_class,
    deployment.path,
    deployment.cause,
    deployment.deployment_id,
    deployment.model_name,
    deployment.status = 'succeeded' as is_succeeded,
    deployment.is_unplanned,
    failure.deployment_id is not null as is_failed_change,
    coalesce(failure.is_linked, false) as has_linked_failure,
    team.team_id is not null
        and not team.is_platform_team
        and coalesce(team.eligible_at <= deployment.finished_at, true) as is_eligible
from facts.deployment
cross join facts.clock
left join facts.team using (team_id)
left join (
    select deployment_id, bool_or(link_method in ('deployment_id', 'rollback_of')) as is_linked
    from facts.deployment_failure
    group by deployment_id
) as failure using (deployment_id)
where deployment.status in ('succeeded', 'failed') and deployment.finished_at <= clock.as_of
order by environment_class, day, team_id
