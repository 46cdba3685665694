-- question: How deep does the use of the platform go, surface by surface?
-- grain: team_id, capability
-- reads: facts.capability, facts.clock, facts.team
-- columns:
--   team_id                   varchar    team that can use the platform by now
--   domain                    varchar    part of the organisation
--   support_model             varchar    embedded, central or self_service
--   capability                varchar    surface
--   level                     varchar    declared: not_required, none, tactical or strategic; null where nobody said
--   declared_day              date       when that was written down, in the reporting time zone
--   since_day                 date       from when the team has had it, as declared
--   age_days                  integer    since then
--   seen_day                  date       newest trace of its use in the data
--   is_seen                   boolean    of these, in the last 90 days; null where its use would leave no trace
select
    capability.team_id,
    team.domain,
    team.support_model,
    capability.capability,
    capability.level,
    local_day(capability.declared_at, clock.timezone) as declared_day,
    local_day(capability.since_at, clock.timezone) as since_day,
    cast(clock.today - since_day as integer) as age_days,
    local_day(capability.seen_at, clock.timezone) as seen_day,
    case when capability.is_observable then coalesce(seen_day > clock.today - 90, false) end as is_seen
from facts.capability
cross join facts.clock
inner join facts.team using (team_id)
where coalesce(team.eligible_at <= clock.as_of, true)
order by capability.team_id, capability.capability
