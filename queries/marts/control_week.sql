-- question: Which checks stopped people, week by week?
-- grain: day, control, team_id, repo, workflow
-- reads: facts.clock, facts.control_check, facts.team
-- columns:
--   day                       date       first day of the week, or of the part of it that lies in a later month
--   first_day                 date       day of the oldest run
--   last_day                  date       day of the newest run
--   control                   varchar    control
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   run_count                 bigint     runs in which the control was checked
--   blocked_count             bigint     of these, stopped by it
--   passed_count              bigint     stopped runs whose branch passed it later
--   blocked_ms                bigint     milliseconds until it passed
--   since_day                 date       when the control was first seen in that repository
--   early_run_count           bigint     runs checked in the first eight weeks from then on
--   early_blocked_count       bigint     of these, stopped
-- Weeks are cut where a month begins, so that whole weeks, months and quarters are all sums of rows.
select
    cast(greatest(date_trunc('week', control_check.day), date_trunc('month', control_check.day)) as date) as day,
    min(control_check.day) as first_day,
    max(control_check.day) as last_day,
    control_check.control,
    control_check.team_id,
    team.domain,
    control_check.repo,
    control_check.workflow,
    count(*) as run_count,
    count(*) filter (control_check.is_blocked) as blocked_count,
    count(control_check.blocked_hours) as passed_count,
    cast(coalesce(sum(cast(round(control_check.blocked_hours * 3600000) as bigint)), 0) as bigint) as blocked_ms,
    min(control_check.since_day) as since_day,
    count(*) filter (control_check.day < control_check.since_day + 56) as early_run_count,
    count(*) filter (control_check.day < control_check.since_day + 56 and control_check.is_blocked) as early_blocked_count
from (
    select
        control_check.*,
        local_day(control_check.ended_at, clock.timezone) as day,
        local_day(control_check.first_at, clock.timezone) as since_day
    from facts.control_check
    cross join facts.clock
) as control_check
left join facts.team using (team_id)
group by all
order by day, control
