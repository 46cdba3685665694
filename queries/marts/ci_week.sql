-- question: How did the pipelines do, week by week?
-- grain: day, team_id, repo, workflow
-- renews: day
-- reads: facts.ci_run, facts.clock, facts.team
-- columns:
--   day                       date       first day of the week, or of the part of it that lies in a later month
--   first_day                 date       day of the oldest run
--   last_day                  date       day of the newest run
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   run_count                 bigint     runs that ended in success, failure or time-out
--   success_count             bigint     of these, succeeded
--   failure_count             bigint     failed
--   timed_out_count           bigint     timed out
--   cancelled_count           bigint     runs that were cancelled (in no other count)
--   rerun_count               bigint     runs with more than one attempt
--   flaky_count               bigint     commits on which the workflow failed and then passed
--   first_count               bigint     runs whose first attempt is known
--   first_success_count       bigint     of these, succeeded at once
--   queue_count               bigint     runs whose queue time is known
--   duration_count            bigint     runs whose duration is known
--   timed_count               bigint     the same, cancelled ones included
--   passed_ms                 bigint     milliseconds that succeeded runs took
--   failed_ms                 bigint     milliseconds that failed and timed out runs took
--   cancelled_ms              bigint     milliseconds that cancelled runs took
--   queued_count              bigint     runs whose wait is known, cancelled ones included
--   queue_ms                  bigint     milliseconds that they waited
-- Weeks are cut where a month begins, so that whole weeks, months and quarters are all sums of rows.
select
    cast(greatest(date_trunc('week', run.day), date_trunc('month', run.day)) as date) as day,
    min(run.day) as first_day,
    max(run.day) as last_day,
    run.team_id,
    team.domain,
    run.repo,
    run.workflow,
    count(*) filter (run.conclusion <> 'cancelled') as run_count,
    count(*) filter (run.conclusion = 'success') as success_count,
    count(*) filter (run.conclusion = 'failure') as failure_count,
    count(*) filter (run.conclusion = 'timed_out') as timed_out_count,
    count(*) filter (run.conclusion = 'cancelled') as cancelled_count,
    count(*) filter (run.attempt_count > 1 and run.conclusion <> 'cancelled') as rerun_count,
    count(*) filter (run.is_flaky and run.conclusion <> 'cancelled') as flaky_count,
    count(*) filter (run.first_conclusion in ('success', 'failure', 'timed_out') and run.conclusion <> 'cancelled') as first_count,
    count(*) filter (run.first_conclusion = 'success' and run.conclusion <> 'cancelled') as first_success_count,
    count(run.queue_seconds) filter (run.conclusion <> 'cancelled') as queue_count,
    count(run.duration_seconds) filter (run.conclusion <> 'cancelled') as duration_count,
    count(run.duration_seconds) as timed_count,
    cast(sum(cast(1000 * run.duration_seconds as bigint)) filter (run.conclusion = 'success') as bigint) as passed_ms,
    cast(sum(cast(1000 * run.duration_seconds as bigint)) filter (run.conclusion in ('failure', 'timed_out')) as bigint) as failed_ms,
    cast(sum(cast(1000 * run.duration_seconds as bigint)) filter (run.conclusion = 'cancelled') as bigint) as cancelled_ms,
    count(*) filter (run.queue_seconds >= 0) as queued_count,
    cast(sum(cast(1000 * run.queue_seconds as bigint)) filter (run.queue_seconds >= 0) as bigint) as queue_ms
from (
    select ci_run.*, local_day(ci_run.created_at, clock.timezone) as day
    from facts.ci_run
    cross join facts.clock
    where ci_run.status = 'completed' and ci_run.conclusion in ('success', 'failure', 'timed_out', 'cancelled')
        and greatest(ci_run.created_at, ci_run.finished_at) <= clock.as_of
) as run
left join facts.team using (team_id)
group by all
order by day, team_id
