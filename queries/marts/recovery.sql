-- question: How long does it take until production works again?
-- grain: deployment_id
-- reads: facts.clock, facts.recovery, facts.team
-- columns:
--   day                       date       when the deployment that failed had finished, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   product                   varchar    product
--   repo                      varchar    repository
--   environment               varchar    environment as given
--   path                      varchar    path
--   deployment_id             varchar    the deployment that led to a failure
--   recovery_hours            double     until recovered
--   open_hours                double     until now, of one that is still open
--   hours_from                integer    lower end, in hours, of the range that either falls into
select
    local_day(recovery.failed_at, clock.timezone) as day,
    recovery.team_id,
    team.domain,
    recovery.product,
    recovery.repo,
    recovery.environment,
    recovery.path,
    recovery.deployment_id,
    recovery.recovery_hours,
    recovery.open_hours,
    duration_from(coalesce(recovery.recovery_hours, recovery.open_hours)) as hours_from
from facts.recovery
cross join facts.clock
left join facts.team using (team_id)
order by day, team_id
