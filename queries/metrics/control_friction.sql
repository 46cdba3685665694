-- question: Which checks stop people, how often and for how long?
-- version: 3
-- needs: ci_job, ci_run
-- compare: yes
-- always_by: control
-- dimensions: control, team_id, domain, repo, workflow
-- definition: Per control (the configuration maps job and step names to controls): runs in which it was checked, those that it stopped, and the hours until it passed on the same branch. Of a run that was run again the newest attempt counts. Runs that were never mended on their branch are counted as open and in no median. `early` and `late` compare the share stopped in the first eight weeks after the control was first seen in a repository with later ones: friction that wears off was learning, friction that stays is the control.
-- columns:
--   run_count                 runs in which the control was checked
--   blocked_count             of these, stopped by it
--   blocked_ratio             stopped over checked
--   blocked_ratio_low         lower end of its 95 % interval (Wilson)
--   blocked_ratio_high        upper end
--   passed_count              stopped runs whose branch passed it later
--   open_count                stopped runs whose branch has not
--   blocked_hours_median      median hours until it passed
--   blocked_hours_p75         three of four passed after at most this
--   blocked_hours_p90         nine of ten passed after at most this
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
select * exclude (early_blocked_count, late_blocked_count)
from (
    select
        /* group */
        count(*) as run_count,
        count(*) filter (is_blocked) as blocked_count,
        ratio(blocked_count, run_count) as blocked_ratio,
        wilson_low(blocked_count, run_count) as blocked_ratio_low,
        wilson_high(blocked_count, run_count) as blocked_ratio_high,
        count(blocked_hours) as passed_count,
        blocked_count - passed_count as open_count,
        quantile_cont(blocked_hours, 0.5) as blocked_hours_median,
        quantile_cont(blocked_hours, 0.75) as blocked_hours_p75,
        quantile_cont(blocked_hours, 0.9) as blocked_hours_p90,
        -- whole milliseconds add up to the same in any order
        coalesce(sum(blocked_ms), 0) / 3600000.0 as blocked_hours,
        min(first_day) as first_day,
        count(*) filter (is_early) as early_run_count,
        count(*) filter (is_blocked and is_early) as early_blocked_count,
        ratio(early_blocked_count, early_run_count) as early_blocked_ratio,
        wilson_low(early_blocked_count, early_run_count) as early_blocked_ratio_low,
        wilson_high(early_blocked_count, early_run_count) as early_blocked_ratio_high,
        run_count - early_run_count as late_run_count,
        blocked_count - early_blocked_count as late_blocked_count,
        ratio(late_blocked_count, late_run_count) as late_blocked_ratio,
        wilson_low(late_blocked_count, late_run_count) as late_blocked_ratio_low,
        wilson_high(late_blocked_count, late_run_count) as late_blocked_ratio_high
    from marts.control_check
    where true /* and where */
    group by all
)
