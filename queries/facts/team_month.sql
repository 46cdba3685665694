-- question: In which months after its first deployment through the platform did a team use it again?
-- grain: team_id, month
-- reads: facts.adoption, facts.clock, facts.deployment, facts.horizon, settings.definition
-- columns:
--   team_id                   varchar    team that has deployed through the platform
--   cohort                    date       month of its first succeeded production deployment through the platform
--   month                     date       month, from the cohort's to that of the newest deployment data
--   month_number              integer    months after the cohort's
--   is_active                 boolean    at least one such deployment in it
--   is_partial                boolean    the month is not over
with team as (
    select
        adoption.team_id,
        cast(date_trunc('month', local_day(adoption.first_deployment_at, clock.timezone)) as date) as cohort,
        local_day(coalesce(horizon.last_at, clock.as_of), clock.timezone) as last_day,
        local_day(definition.now, clock.timezone) as clock_day
    from facts.adoption
    cross join facts.clock
    cross join settings.definition
    left join facts.horizon on horizon.record = 'deployment'
    where adoption.first_deployment_at is not null
),
active as (
    select distinct deployment.team_id, cast(date_trunc('month', local_day(deployment.finished_at, clock.timezone)) as date) as month
    from facts.deployment
    cross join facts.clock
    where deployment.path = 'platform' and deployment.environment_class = 'production' and deployment.status = 'succeeded'
),
calendar as (
    select team_id, cohort, clock_day, cast(unnest(generate_series(cohort, last_day, interval 1 month)) as date) as month
    from team
)
select
    calendar.team_id,
    calendar.cohort,
    calendar.month,
    cast(datediff('month', calendar.cohort, calendar.month) as integer) as month_number,
    active.month is not null as is_active,
    calendar.month + interval 1 month > calendar.clock_day as is_partial
from calendar
left join active on active.team_id = calendar.team_id and active.month = calendar.month
