-- question: Where do the hours of the pipelines go, added up from weeks?
-- part_of: pipeline_hours
-- needs: ci_run
-- dimensions: team_id, domain, repo, workflow
-- definition: The hours of pipeline_hours, added up from whole weeks: the same figures, from one row where there were many.
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
    cast(coalesce(sum(timed_count), 0) as bigint) as timed_count,
    cast(coalesce(sum(passed_ms), 0) as double) / 3600000 as passed_hours,
    cast(coalesce(sum(failed_ms), 0) as double) / 3600000 as failed_hours,
    cast(coalesce(sum(cancelled_ms), 0) as double) / 3600000 as cancelled_hours,
    passed_hours + failed_hours + cancelled_hours as run_hours,
    cast(coalesce(sum(queued_count), 0) as bigint) as queued_count,
    cast(coalesce(sum(queue_ms), 0) as double) / 3600000 as queue_hours
from marts.ci_week
where true /* and where */
group by all
