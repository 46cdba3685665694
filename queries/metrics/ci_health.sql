-- question: How healthy are the pipelines: do they pass, how long do they queue and run, how often do they flake?
-- version: 1
-- needs: ci_run
-- dimensions: team_id, domain, repo, workflow, branch, event
-- definition: Runs that ended in success, failure or time-out, by the day they were created; a re-run is the same run with one more attempt, and its newest attempt decides. Cancelled, skipped and neutral runs are in no ratio. Flaky: the same workflow failed and then passed on the same commit. Queue is created to started of first attempts; duration is started to finished.
-- columns:
--   run_count                 runs that ended in success, failure or time-out
--   success_count             runs that succeeded
--   failure_count             runs that failed
--   timed_out_count           runs that timed out
--   cancelled_count           runs that were cancelled (in no ratio)
--   rerun_count               runs with more than one attempt
--   flaky_count               commits on which a workflow failed and then passed
--   success_ratio             success over runs, newest attempt
--   success_ratio_low         lower end of its 95 % interval (Wilson)
--   success_ratio_high        upper end
--   first_success_ratio       success over runs, first attempt
--   rerun_ratio               re-runs over runs
--   flaky_ratio               flaky over runs
--   queue_count               runs whose queue time is known
--   queue_seconds_median      median queue time
--   duration_count            runs whose duration is known
--   duration_seconds_median   median duration
--   duration_seconds_p90      nine of ten runs take at most this
select * exclude (duration_quantiles)
from (
    select
        /* group */
        count(*) filter (conclusion <> 'cancelled') as run_count,
        count(*) filter (conclusion = 'success') as success_count,
        count(*) filter (conclusion = 'failure') as failure_count,
        count(*) filter (conclusion = 'timed_out') as timed_out_count,
        count(*) filter (conclusion = 'cancelled') as cancelled_count,
        count(*) filter (attempt_count > 1 and conclusion <> 'cancelled') as rerun_count,
        count(*) filter (is_flaky) as flaky_count,
        ratio(success_count, run_count) as success_ratio,
        wilson_low(success_count, run_count) as success_ratio_low,
        wilson_high(success_count, run_count) as success_ratio_high,
        ratio(
            count(*) filter (first_conclusion = 'success' and conclusion <> 'cancelled'),
            count(*) filter (first_conclusion in ('success', 'failure', 'timed_out') and conclusion <> 'cancelled')
        ) as first_success_ratio,
        ratio(rerun_count, run_count) as rerun_ratio,
        ratio(flaky_count, run_count) as flaky_ratio,
        count(queue_seconds) filter (conclusion <> 'cancelled') as queue_count,
        quantile_cont(queue_seconds, 0.5) filter (conclusion <> 'cancelled') as queue_seconds_median,
        count(duration_seconds) filter (conclusion <> 'cancelled') as duration_count,
        -- both quantiles in one pass: each pass sorts all durations
        quantile_cont(duration_seconds, [0.5, 0.9]) filter (conclusion <> 'cancelled') as duration_quantiles,
        duration_quantiles[1] as duration_seconds_median,
        duration_quantiles[2] as duration_seconds_p90
    from marts.ci_run
    where conclusion in ('success', 'failure', 'timed_out', 'cancelled') /* and where */
    group by all
)
