-- question: How long did runs queue and take, week by week?
-- grain: day, workflow, measure, seconds
-- renews: day
-- reads: facts.ci_run, facts.clock
-- columns:
--   day                       date       first day of the week, or of the part of it that lies in a later month
--   workflow                  varchar    pipeline
--   measure                   varchar    queue or duration
--   seconds                   double     so long
--   run_count                 bigint     runs that queued or took exactly so long
-- Most sources give whole seconds, so that thousands of runs share a value; quantiles of counted values are exact.
with run as (
    select
        local_day(ci_run.created_at, clock.timezone) as day,
        ci_run.workflow,
        ci_run.queue_seconds,
        ci_run.duration_seconds
    from facts.ci_run
    cross join facts.clock
    where ci_run.status = 'completed' and ci_run.conclusion in ('success', 'failure', 'timed_out')
        and greatest(ci_run.created_at, ci_run.finished_at) <= clock.as_of
),
measured as (
    select day, workflow, 'queue' as measure, queue_seconds as seconds from run where queue_seconds is not null
    union all
    select day, workflow, 'duration', duration_seconds from run where duration_seconds is not null
)
select
    cast(greatest(date_trunc('week', day), date_trunc('month', day)) as date) as day,
    workflow,
    measure,
    seconds,
    count(*) as run_count
from measured
group by all
order by measure, day, seconds
