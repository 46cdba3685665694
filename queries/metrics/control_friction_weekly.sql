-- question: Which checks stop people, counted from weeks?
-- part_of: control_friction
-- needs: ci_job, ci_run
-- always_by: control
-- dimensions: control, team_id, domain, repo, workflow
-- definition: The counts and ratios of control_friction, added up from whole weeks: the same figures, from one row where there were many.
-- columns:
--   run_count                 runs in which the control was checked
--   blocked_count             of these, stopped by it
--   blocked_ratio             stopped over checked
--   blocked_ratio_low         lower end of its 95 % interval (Wilson)
--   blocked_ratio_high        upper end
--   passed_count              stopped runs whose branch passed it later
--   open_count                stopped runs whose branch has not
--   blocked_hours             hours until it passed, added up
--   first_day                 when it was first seen
--   early_run_count           runs checked in the first eight weeks after it was first seen in their repository
--   early_blocked_ratio       of these, stopped
--   early_blocked_ratio_low   lower end of its 95 % interval (Wilson)
--   early_blocked_ratio_high  upper end
--   late_run_count            runs checked later
--   late_blocked_ratio        of these, stopped
--   late_blocked_ratio_low    lower end of its 95 % interval (Wilson)
--   late_blocked_ratio_high   upper end
select
    * exclude (early_blocked_count, since_day, blocked_ms),
    ratio(blocked_count, run_count) as blocked_ratio,
    wilson_low(blocked_count, run_count) as blocked_ratio_low,
    wilson_high(blocked_count, run_count) as blocked_ratio_high,
    blocked_count - passed_count as open_count,
    blocked_ms / 3600000.0 as blocked_hours,
    since_day as first_day,
    ratio(early_blocked_count, early_run_count) as early_blocked_ratio,
    wilson_low(early_blocked_count, early_run_count) as early_blocked_ratio_low,
    wilson_high(early_blocked_count, early_run_count) as early_blocked_ratio_high,
    run_count - early_run_count as late_run_count,
    ratio(blocked_count - early_blocked_count, late_run_count) as late_blocked_ratio,
    wilson_low(blocked_count - early_blocked_count, late_run_count) as late_blocked_ratio_low,
    wilson_high(blocked_count - early_blocked_count, late_run_count) as late_blocked_ratio_high
from (
    select
        /* group */
        cast(sum(run_count) as bigint) as run_count,
        cast(sum(blocked_count) as bigint) as blocked_count,
        cast(sum(passed_count) as bigint) as passed_count,
        cast(sum(early_run_count) as bigint) as early_run_count,
        cast(sum(early_blocked_count) as bigint) as early_blocked_count,
        cast(sum(blocked_ms) as bigint) as blocked_ms,
        min(since_day) as since_day
    from marts.control_week
    where true /* and where */
    group by all
)
