-- question: Do teams stay once they have deployed through the platform?
-- grain: team_id, day
-- reads: facts.team, facts.team_month
-- columns:
--   day                       date       first day of the month
--   team_id                   varchar    team
--   domain                    varchar    part of the organisation
--   cohort                    date       month of its first deployment
--   month_number              integer    months after the cohort's
--   is_active                 boolean    deployed through the platform in it
--   is_partial                boolean    the month is not over
select
    team_month.month as day,
    team_month.team_id,
    team.domain,
    team_month.cohort,
    team_month.month_number,
    team_month.is_active,
    team_month.is_partial
from facts.team_month
inner join facts.team using (team_id)
order by team_month.cohort, team_month.month, team_month.team_id
