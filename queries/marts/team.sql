-- question: Which teams can use the platform?
-- grain: team_id
-- reads: facts.clock, facts.team
-- columns:
--   team_id                   varchar    team
--   name                      varchar    name
--   domain                    varchar    part of the organisation
--   headcount                 integer    people in the team
--   support_model             varchar    embedded, central or self_service
--   is_platform_team          boolean    builds the platform, so is no adopter of it
--   eligible_day              date       from when it could use the platform; null means always
--   onboarded_day             date       when it was onboarded
select
    team.team_id,
    team.name,
    team.domain,
    team.headcount,
    team.support_model,
    team.is_platform_team,
    local_day(team.eligible_at, clock.timezone) as eligible_day,
    local_day(team.onboarded_at, clock.timezone) as onboarded_day
from facts.team
cross join facts.clock
order by team.name
