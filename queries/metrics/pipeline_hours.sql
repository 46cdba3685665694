-- question: Where do the hours of the pipelines go?
-- version: 2
-- needs: ci_run
-- dimensions: team_id, domain, repo, workflow, branch, event
-- definition: Hours that runs took from start to finish (their newest attempt), by the day they were created and by how they ended: passed, failed (failure or time-out), or cancelled. Beside them the hours that runs waited before their first attempt started. These are hours of the pipelines, not of people: runs go on side by side, and nobody need sit and wait. Skipped and neutral runs are left out, and so is a wait that is negative, which is a fault in the data.
-- columns:
--   timed_count               runs whose duration is known
--   passed_hours              hours that they took in runs that passed
--   failed_hours              in runs that failed or timed out
--   cancelled_hours           in runs that were cancelled
--   run_hours                 all hours that they took
--   queued_count              runs whose wait is known
--   queue_hours               hours that they waited
select
    /* group */
    count(duration_seconds) as timed_count,
    -- whole milliseconds, so that the sum is the same in any order
    cast(coalesce(sum(cast(1000 * duration_seconds as bigint)) filter (conclusion = 'success'), 0) as double) / 3600000 as passed_hours,
    cast(coalesce(sum(cast(1000 * duration_seconds as bigint)) filter (conclusion in ('failure', 'timed_out')), 0) as double) / 3600000 as failed_hours,
    cast(coalesce(sum(cast(1000 * duration_seconds as bigint)) filter (conclusion = 'cancelled'), 0) as double) / 3600000 as cancelled_hours,
    passed_hours + failed_hours + cancelled_hours as run_hours,
    count(*) filter (queue_seconds >= 0) as queued_count,
    cast(coalesce(sum(cast(1000 * queue_seconds as bigint)) filter (queue_seconds >= 0), 0) as double) / 3600000 as queue_hours
from marts.ci_run
where conclusion in ('success', 'failure', 'timed_out', 'cancelled') /* and where */
group by all
