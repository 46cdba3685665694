-- question: Does delivery rest on long evenings and few hands?
-- grain: deployment_id
-- reads: facts.clock, facts.deployment, facts.deployment_effort, facts.team
-- columns:
--   day                       date       when the deployment ended, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   product                   varchar    product
--   repo                      varchar    repository
--   path                      varchar    path
--   cause                     varchar    what it was for
--   deployment_id             varchar    succeeded production deployment
--   deployer                  varchar    hash of who started it; never shown, only counted
--   is_fix                    boolean    repairs production
--   is_off_hours              boolean    outside working hours
--   change_count              bigint     changes that it shipped
--   days_since_previous       double     since the team's production deployment before it
select
    local_day(deployment.finished_at, clock.timezone) as day,
    deployment.team_id,
    team.domain,
    deployment.product,
    deployment.repo,
    deployment.path,
    deployment.cause,
    deployment.deployment_id,
    deployment_effort.deployer,
    deployment.is_unplanned as is_fix,
    deployment_effort.is_off_hours,
    deployment_effort.change_count,
    deployment_effort.days_since_previous
from facts.deployment_effort
inner join facts.deployment using (deployment_id)
cross join facts.clock
left join facts.team using (team_id)
where deployment.finished_at <= clock.as_of
order by day, team_id
