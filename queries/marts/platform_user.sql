-- question: How many people of the teams that could use the platform do?
-- grain: day, team_id, person
-- reads: facts.clock, facts.platform_user, facts.team
-- columns:
--   day                       date       day in the reporting time zone
--   team_id                   varchar    eligible team whose headcount is known
--   domain                    varchar    part of the organisation
--   person                    varchar    hash of who was seen using the platform; never shown, only counted
select platform_user.day, platform_user.team_id, team.domain, platform_user.person
from facts.platform_user
cross join facts.clock
inner join facts.team using (team_id)
where not team.is_platform_team
    and team.headcount > 0
    and coalesce(local_day(team.eligible_at, clock.timezone) <= platform_user.day, true)
order by day, team_id
