-- question: How long do changes take to reach production, and what takes the time?
-- grain: change_id
-- reads: facts.clock, facts.lead_time, facts.team
-- columns:
--   day                       date       shipped, else merged, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   product                   varchar    product that it shipped with
--   repo                      varchar    repository
--   environment               varchar    environment that it was shipped to; null while it has not been
--   path                      varchar    path of the deployment that shipped it; null while none has
--   is_bot                    boolean    written by a bot
--   link_method               varchar    how the deployment was found
--   state                     varchar    shipped, waiting, before_first or unseen
--   change_id                 varchar    change
--   coding_hours              double     first commit to opened, of a change that shipped
--   review_hours              double     opened to merged, of a change that shipped
--   deploy_hours              double     merged to deployment finished
--   lead_time_hours           double     first commit to deployment finished
--   is_negative               boolean    a part of a shipped change is negative: a fault in the data
--   waiting_hours             double     first commit until now, of a change that waits
--   hours_from                integer    lower end, in hours, of the range that either falls into
-- Ordered by length, what waits after what shipped: quantiles need that order, and a sort of what is in order takes no time.
select
    local_day(coalesce(lead_time.shipped_at, lead_time.merged_at), clock.timezone) as day,
    lead_time.team_id,
    team.domain,
    lead_time.product,
    lead_time.repo,
    lead_time.environment,
    lead_time.path,
    lead_time.is_bot,
    lead_time.link_method,
    lead_time.state,
    lead_time.change_id,
    case when lead_time.state = 'shipped' then lead_time.coding_hours end as coding_hours,
    case when lead_time.state = 'shipped' then lead_time.review_hours end as review_hours,
    lead_time.deploy_hours,
    lead_time.lead_time_hours,
    lead_time.state = 'shipped' and least(lead_time.coding_hours, lead_time.review_hours, lead_time.deploy_hours) < 0 as is_negative,
    lead_time.waiting_hours,
    duration_from(coalesce(lead_time.lead_time_hours, lead_time.waiting_hours)) as hours_from
from facts.lead_time
cross join facts.clock
left join facts.team using (team_id)
where lead_time.merged_at <= clock.as_of
order by coalesce(lead_time.lead_time_hours, lead_time.waiting_hours), lead_time.lead_time_hours is null, lead_time.change_id
