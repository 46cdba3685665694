-- question: When and with how much change did a production deployment happen, and by how many hands?
-- grain: deployment_id
-- reads: facts.clock, facts.deployment, facts.lead_time, settings.holiday, settings.working_time, staging.deployment
-- columns:
--   deployment_id             varchar    succeeded production deployment
--   deployer                  varchar    hash of who started it; never shown, only counted
--   is_off_hours              boolean    started outside working hours, on a free day or a holiday, in the reporting time zone
--   change_count              bigint     changes that it shipped
--   days_since_previous       double     since the team's production deployment before it, those that machines start apart from those that people decide on
with shipped as (
    select deployment_id, count(*) as change_count from facts.lead_time where deployment_id is not null group by all
),
live as (
    select
        deployment.deployment_id,
        deployment.team_id,
        deployment.finished_at,
        deployment.cause in ('retrain', 'redeploy') as is_by_machine,
        given.actor as deployer,
        timezone(clock.timezone, timezone('UTC', coalesce(given.started_at, given.created_at))) as local_start
    from facts.deployment
    inner join staging.deployment as given using (deployment_id)
    cross join facts.clock
    where deployment.environment_class = 'production' and deployment.status = 'succeeded'
)
select
    live.deployment_id,
    live.deployer,
    not list_contains(working_time.weekdays, isodow(live.local_start))
        or hour(live.local_start) < working_time.start_hour
        or hour(live.local_start) >= working_time.end_hour
        or cast(live.local_start as date) in (select day from settings.holiday) as is_off_hours,
    coalesce(shipped.change_count, 0) as change_count,
    case when live.team_id is not null then hours_between(lag(live.finished_at) over before, live.finished_at) / 24 end as days_since_previous
from live
cross join settings.working_time
left join shipped using (deployment_id)
window before as (partition by live.team_id, live.is_by_machine order by live.finished_at, live.deployment_id)
