-- question: Which recoveries are over, and which are known only as longer than so far?
-- part_of: recovery_time
-- dimensions: team_id, domain, product, repo, environment, path
-- definition: The durations behind the Kaplan-Meier median, one row a failure: counting equal ones first would take longer than it saves.
-- columns:
--   length                    hours: recovery, or time open so far
--   event_count               1 for a failure that is over, else 0
--   censored_count            1 for one that is not, else 0
select
    /* group */
    coalesce(recovery_hours, open_hours) as length,
    cast(recovery_hours is not null as bigint) as event_count,
    cast(open_hours is not null as bigint) as censored_count
from marts.recovery
where true /* and where */
