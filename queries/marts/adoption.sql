-- question: How far has each team come with the platform?
-- grain: team_id
-- reads: facts.adoption, facts.clock, facts.horizon, facts.team
-- columns:
--   day                       date       onboarded, in the reporting time zone; null for teams that are not
--   team_id                   varchar    team
--   domain                    varchar    part of the organisation
--   support_model             varchar    embedded, central or self_service
--   eligible_day              date       from when it could use the platform; null means always
--   first_run_day             date       first run or deployment through the platform
--   first_deployment_day      date       first succeeded production deployment through it
--   last_deployment_day       date       the newest one
--   active_week_count         bigint     of the last 8 whole weeks, those with such a deployment
--   usual_gap_days            double     median days between days with a production change
--   is_eligible               boolean    could use it by now
--   is_habitual               boolean    active in at least 6 of the last 8 whole weeks
--   is_lapsed                 boolean    went quiet
--   lapsed_day                date       since when
--   first_days                double     onboarded to first production deployment; negative where it deployed before
--   waiting_days              double     onboarded until deployments are last known of, of a team that waits
select
    case when adoption.onboarded_at <= clock.as_of then local_day(adoption.onboarded_at, clock.timezone) end as day,
    adoption.team_id,
    team.domain,
    team.support_model,
    local_day(adoption.eligible_at, clock.timezone) as eligible_day,
    local_day(adoption.first_run_at, clock.timezone) as first_run_day,
    local_day(adoption.first_deployment_at, clock.timezone) as first_deployment_day,
    local_day(adoption.last_deployment_at, clock.timezone) as last_deployment_day,
    adoption.active_week_count,
    adoption.usual_gap_days,
    coalesce(adoption.eligible_at <= clock.as_of, true) as is_eligible,
    adoption.is_habitual,
    adoption.is_lapsed,
    local_day(adoption.lapsed_at, clock.timezone) as lapsed_day,
    hours_between(adoption.onboarded_at, adoption.first_deployment_at) / 24 as first_days,
    case when adoption.first_deployment_at is null and adoption.onboarded_at <= clock.as_of
        then greatest(hours_between(adoption.onboarded_at, coalesce(horizon.last_at, clock.as_of)) / 24, 0)
    end as waiting_days
from facts.adoption
cross join facts.clock
left join facts.horizon on horizon.record = 'deployment'
inner join facts.team using (team_id)
order by adoption.team_id
