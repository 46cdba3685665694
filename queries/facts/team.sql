-- question: Which teams are there, and since when could they use the platform?
-- grain: team_id
-- reads: staging.team
-- columns:
--   team_id                   varchar    id with its source's prefix
--   name                      varchar    name as people know it
--   domain                    varchar    part of the organisation
--   headcount                 integer    people in the team
--   support_model             varchar    embedded, central or self_service
--   is_platform_team          boolean    builds the platform, so is no adopter of it
--   eligible_at               timestamp  from when the team could use the platform; null means always
--   onboarded_at              timestamp  when it was onboarded
select
    team_id,
    name,
    domain,
    headcount,
    support_model,
    coalesce(is_platform_team, false) as is_platform_team,
    eligible_at,
    onboarded_at
from staging.team
