-- question: How healthy are the pipelines, counted from weeks?
-- part_of: ci_health
-- needs: ci_run
-- dimensions: team_id, domain, repo, workflow
-- definition: The counts and ratios of ci_health, added up from whole weeks: the same figures, from one row where there were many.
-- columns:
--   run_count                 runs that ended in success, failure or time-out
--   success_count             runs that succeeded
--   failure_count             runs that failed
--   timed_out_count           runs that timed out
--   cancelled_count           runs that were cancelled (in no ratio)
--   rerun_count               runs with more than one attempt
--   flaky_count               commits on which a workflow failed and then passed
--   success_ratio             success over runs, newest attempt, with its 95 % interval (Wilson)
--   first_count               runs of which the first attempt is known
--   first_success_ratio       success of the first attempt over these, with its interval
--   rerun_ratio               re-runs over runs, with its interval
--   flaky_ratio               flaky over runs, with its interval
--   queue_count               runs whose queue time is known
--   duration_count            runs whose duration is known
select
    * exclude (first_success_count),
    ratio(success_count, run_count) as success_ratio,
    wilson_low(success_count, run_count) as success_ratio_low,
    wilson_high(success_count, run_count) as success_ratio_high,
    ratio(first_success_count, first_count) as first_success_ratio,
    wilson_low(first_success_count, first_count) as first_success_ratio_low,
    wilson_high(first_success_count, first_count) as first_success_ratio_high,
    ratio(rerun_count, run_count) as rerun_ratio,
    wilson_low(rerun_count, run_count) as rerun_ratio_low,
    wilson_high(rerun_count, run_count) as rerun_ratio_high,
    ratio(flaky_count, run_count) as flaky_ratio,
    wilson_low(flaky_count, run_count) as flaky_ratio_low,
    wilson_high(flaky_count, run_count) as flaky_ratio_high
from (
    select
        /* group */
        cast(coalesce(sum(run_count), 0) as bigint) as run_count,
        cast(coalesce(sum(success_count), 0) as bigint) as success_count,
        cast(coalesce(sum(failure_count), 0) as bigint) as failure_count,
        cast(coalesce(sum(timed_out_count), 0) as bigint) as timed_out_count,
        cast(coalesce(sum(cancelled_count), 0) as bigint) as cancelled_count,
        cast(coalesce(sum(rerun_count), 0) as bigint) as rerun_count,
        cast(coalesce(sum(flaky_count), 0) as bigint) as flaky_count,
        cast(coalesce(sum(first_count), 0) as bigint) as first_count,
        cast(coalesce(sum(first_success_count), 0) as bigint) as first_success_count,
        cast(coalesce(sum(queue_count), 0) as bigint) as queue_count,
        cast(coalesce(sum(duration_count), 0) as bigint) as duration_count
    from marts.ci_week
    where true /* and where */
    group by all
)
