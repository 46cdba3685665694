-- question: Which recoveries are over, and which are known only as longer than so far?
-- part_of: recovery_time
-- dimensions: team_id, domain, product, repo, path
-- definition: The durations behind the Kaplan-Meier median, counted so that equal ones stand in one row.
-- columns:
--   length                    hours: recovery, or time open so far
--   event_count               failures that were over after exactly this long
--   censored_count            failures that have been open exactly this long
select
    /* group */
    coalesce(recovery_hours, open_hours) as length,
    count(recovery_hours) as event_count,
    count(open_hours) as censored_count
from marts.recovery
where true /* and where */
group by all
