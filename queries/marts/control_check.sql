-- question: Which checks stop people, and for how long?
-- grain: run_id, control
-- reads: facts.clock, facts.control_check, facts.team
-- columns:
--   day                       date       when the control had run, in the reporting time zone
--   control                   varchar    control
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   run_id                    varchar    run
--   is_blocked                boolean    the control failed
--   blocked_hours             double     until it passed on that branch; null while it has not
--   blocked_ms                bigint     milliseconds of these hours
--   first_day                 date       when the control was first seen in that repository
--   is_early                  boolean    in the first eight weeks from then on
select
    local_day(control_check.ended_at, clock.timezone) as day,
    control_check.control,
    control_check.team_id,
    team.domain,
    control_check.repo,
    control_check.workflow,
    control_check.run_id,
    control_check.is_blocked,
    control_check.blocked_hours,
    cast(round(control_check.blocked_hours * 3600000) as bigint) as blocked_ms,
    local_day(control_check.first_at, clock.timezone) as first_day,
    day < first_day + 56 as is_early
from facts.control_check
cross join facts.clock
left join facts.team using (team_id)
order by day, control
