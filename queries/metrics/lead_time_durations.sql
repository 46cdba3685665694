-- question: Which lead times are known in full, and which only as longer than so far?
-- part_of: lead_time
-- dimensions: team_id, domain, product, repo, environment, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: The durations behind the Kaplan-Meier median, one row a change.
-- columns:
--   length                    hours: lead time, or time waited so far
--   is_waiting                true for a change that is not shipped
select
    /* group */
    coalesce(lead_time_hours, waiting_hours) as length,
    lead_time_hours is null as is_waiting
from marts.change
where coalesce(lead_time_hours, waiting_hours) is not null /* and where */
