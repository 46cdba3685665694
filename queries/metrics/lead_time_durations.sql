-- question: Which lead times are known in full, and which only as longer than so far?
-- part_of: lead_time
-- dimensions: team_id, domain, product, repo, environment, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: The durations behind the Kaplan-Meier median, one row a change: counting equal ones first would take longer than it saves.
-- columns:
--   length                    hours: lead time, or time waited so far
--   event_count               1 for a change that shipped, else 0
--   censored_count            1 for one that is not, else 0
select
    /* group */
    coalesce(lead_time_hours, waiting_hours) as length,
    cast(lead_time_hours is not null as bigint) as event_count,
    cast(waiting_hours is not null as bigint) as censored_count
from marts.change
where coalesce(lead_time_hours, waiting_hours) is not null /* and where */
