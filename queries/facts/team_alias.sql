-- question: Which team does a reference mean that another source gave?
-- grain: given_id
-- reads: staging.capability, staging.incident, staging.ownership, staging.survey_answer, staging.team
-- columns:
--   given_id                  varchar    team id as a record refers to it
--   team_id                   varchar    the team of that id; else the only team whose id is the same without prefix; else as given
with given as (
    select team_id as given_id from staging.ownership
    union
    select team_id from staging.incident where team_id is not null
    union
    select team_id from staging.survey_answer where team_id is not null
    union
    select team_id from staging.capability
),
by_bare_id as (
    select bare(team_id) as bare_id, any_value(team_id) as team_id
    from staging.team
    group by all
    having count(*) = 1
)
select given.given_id, coalesce(exact.team_id, by_bare_id.team_id, given.given_id) as team_id
from given
left join staging.team as exact on exact.team_id = given.given_id
left join by_bare_id on by_bare_id.bare_id = bare(given.given_id)
