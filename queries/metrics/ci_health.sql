-- question: How healthy are the pipelines: do they pass, how long do they queue and run, how often do they flake?
-- version: 3
-- needs: ci_run
-- compare: yes
-- dimensions: team_id, domain, repo, workflow, branch, event
-- definition: Runs that ended in success, failure or time-out, by the day they were created; a re-run is the same run with one more attempt, and its newest attempt decides. Cancelled, skipped and neutral runs are in no ratio. Flaky: the same workflow failed and then passed on the same commit. Queue is created to started of first attempts; duration is started to finished.
-- columns:
--   run_count                 runs that ended in success, failure or time-out
--   success_count             runs that succeeded
--   failure_count             runs that failed
--   timed_out_count           runs that timed out
--   cancelled_count           runs that were cancelled (in no ratio)
--   rerun_count               runs with more than one attempt
--   flaky_count               of these, the first to pass after the same workflow had failed on the same commit
--   success_ratio             success over runs, newest attempt
--   success_ratio_low         lower end of its 95 % interval (Wilson)
--   success_ratio_high        upper end
--   first_count               runs of which the first attempt is known and ended in one of these
--   first_success_ratio       success of the first attempt over these
--   first_success_ratio_low   lower end of its 95 % interval (Wilson)
--   first_success_ratio_high  upper end
--   rerun_ratio               re-runs over runs
--   rerun_ratio_low           lower end of its 95 % interval (Wilson)
--   rerun_ratio_high          upper end
--   flaky_ratio               flaky over runs
--   flaky_ratio_low           lower end of its 95 % interval (Wilson)
--   flaky_ratio_high          upper end
--   queue_count               runs whose queue time is known
--   queue_seconds_median      median queue time
--   queue_seconds_p75         three of four runs queue at most this
--   queue_seconds_p90         nine of ten runs queue at most this
--   duration_count            runs whose duration is known
--   duration_seconds_median   median duration
--   duration_seconds_p75      three of four runs take at most this
--   duration_seconds_p90      nine of ten runs take at most this
select * exclude (queue_quantiles, duration_quantiles, first_success_count)
from (
    select
        /* group */
        count(*) filter (conclusion <> 'cancelled') as run_count,
        count(*) filter (conclusion = 'success') as success_count,
        count(*) filter (conclusion = 'failure') as failure_count,
        count(*) filter (conclusion = 'timed_out') as timed_out_count,
        count(*) filter (conclusion = 'cancelled') as cancelled_count,
        count(*) filter (attempt_count > 1 and conclusion <> 'cancelled') as rerun_count,
        count(*) filter (is_flaky and conclusion <> 'cancelled') as flaky_count,
        ratio(success_count, run_count) as success_ratio,
        wilson_low(success_count, run_count) as success_ratio_low,
        wilson_high(success_count, run_count) as success_ratio_high,
        count(*) filter (first_conclusion in ('success', 'failure', 'timed_out') and conclusion <> 'cancelled') as first_count,
        count(*) filter (first_conclusion = 'success' and conclusion <> 'cancelled') as first_success_count,
        ratio(first_success_count, first_count) as first_success_ratio,
        wilson_low(first_success_count, first_count) as first_success_ratio_low,
        wilson_high(first_success_count, first_count) as first_success_ratio_high,
        ratio(rerun_count, run_count) as rerun_ratio,
        wilson_low(rerun_count, run_count) as rerun_ratio_low,
        wilson_high(rerun_count, run_count) as rerun_ratio_high,
        ratio(flaky_count, run_count) as flaky_ratio,
        wilson_low(flaky_count, run_count) as flaky_ratio_low,
        wilson_high(flaky_count, run_count) as flaky_ratio_high,
        count(queue_seconds) filter (conclusion <> 'cancelled') as queue_count,
        -- all quantiles in one pass: each pass sorts all durations
        quantile_cont(queue_seconds, [0.5, 0.75, 0.9]) filter (conclusion <> 'cancelled') as queue_quantiles,
        queue_quantiles[1] as queue_seconds_median,
        queue_quantiles[2] as queue_seconds_p75,
        queue_quantiles[3] as queue_seconds_p90,
        count(duration_seconds) filter (conclusion <> 'cancelled') as duration_count,
        quantile_cont(duration_seconds, [0.5, 0.75, 0.9]) filter (conclusion <> 'cancelled') as duration_quantiles,
        duration_quantiles[1] as duration_seconds_median,
        duration_quantiles[2] as duration_seconds_p75,
        duration_quantiles[3] as duration_seconds_p90
    from marts.ci_run
    where conclusion in ('success', 'failure', 'timed_out', 'cancelled') /* and where */
    group by all
)
