-- question: Which recoveries are over, and which are known only as longer than so far?
-- part_of: recovery_time
-- always_by: day, path
-- dimensions: team_id, domain, product, repo, environment, path
-- definition: The durations behind the Kaplan-Meier median, one row a failure.
-- columns:
--   length                    hours: recovery, or time open so far
--   is_waiting                true for a failure that is not over
select
    /* group */
    coalesce(recovery_hours, open_hours) as length,
    recovery_hours is null as is_waiting
from marts.recovery
where coalesce(recovery_hours, open_hours) is not null /* and where */
