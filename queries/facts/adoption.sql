-- question: How far has each team come with the platform, and when?
-- grain: team_id
-- reads: facts.ci_run, facts.clock, facts.deployment, facts.horizon, facts.team, settings.definition, settings.platform_rule
-- columns:
--   team_id                   varchar    team that could use the platform; the one that builds it is not here
--   eligible_at               timestamp  from when it could; null means always
--   onboarded_at              timestamp  onboarded
--   first_run_at              timestamp  first run or deployment of any environment through the platform
--   first_deployment_at       timestamp  first succeeded production deployment through the platform
--   last_deployment_at        timestamp  the newest one
--   active_week_count         bigint     of the last 8 whole weeks, those with such a deployment
--   usual_gap_days            double     median days between days with a production change; null below 3 of them
--   is_habitual               boolean    active in at least 6 of the last 8 whole weeks
--   is_lapsed                 boolean    no production change within 30 days or twice its usual gap, whichever is longer
--   lapsed_at                 timestamp  since when
-- A nightly retrain goes on when nobody is there, so a team's rhythm is that of its production changes. Where it has too few
-- of them for a rhythm all its deployments make one: a model that is only retrained, once a month, is not lapsed.
with span as (
    -- the week of the newest deployment data counts once the build's clock is past it
    select
        clock.timezone,
        coalesce(horizon.last_at, clock.as_of) as last_at,
        least(
            date_trunc('week', local_day(coalesce(horizon.last_at, clock.as_of), clock.timezone)) + interval 7 days,
            date_trunc('week', local_day(definition.now, clock.timezone))
        ) as weeks_end
    from facts.clock
    cross join settings.definition
    left join facts.horizon on horizon.record = 'deployment'
),
platform_pipeline as (
    select distinct pipeline.workflow, pipeline.uses
    from (select distinct workflow, uses from facts.ci_run) as pipeline
    inner join settings.platform_rule as rule
        on (rule.kind = 'workflows' and matches(pipeline.workflow, rule.pattern))
        or (rule.kind = 'uses' and len(list_filter(pipeline.uses, lambda used: matches(used, rule.pattern))) > 0)
),
first_run as (
    select ci_run.team_id, min(ci_run.created_at) as moment
    from facts.ci_run
    inner join platform_pipeline
        on platform_pipeline.workflow = ci_run.workflow and platform_pipeline.uses is not distinct from ci_run.uses
    where ci_run.created_at <= (select as_of from facts.clock)
    group by ci_run.team_id
),
through_platform as (
    select * from facts.deployment cross join span where path = 'platform' and team_id is not null
),
first_any as (select team_id, min(created_at) as moment from through_platform where created_at <= (select as_of from facts.clock) group by team_id),
live as (
    select
        team_id,
        finished_at,
        local_day(finished_at, timezone) as day,
        weeks_end,
        cause in ('human_change', 'promotion', 'config', 'hotfix') as is_change
    from through_platform
    where environment_class = 'production' and status = 'succeeded' and finished_at <= last_at
),
rhythm as (
    select team_id, count(distinct day) filter (is_change) >= 3 as has_changes from live group by team_id
),
sign as (
    select live.team_id, live.day, max(live.finished_at) as last_at
    from live inner join rhythm using (team_id)
    where live.is_change or not rhythm.has_changes
    group by live.team_id, live.day
),
gap as (
    select team_id, max(last_at) as last_at, case when count(days) >= 2 then median(days) end as usual_gap_days
    from (select team_id, last_at, day - lag(day) over (partition by team_id order by day) as days from sign)
    group by team_id
),
used as (
    select
        team_id,
        min(finished_at) as first_deployment_at,
        max(finished_at) as last_deployment_at,
        count(distinct date_trunc('week', day)) filter (day >= weeks_end - interval 56 days and day < weeks_end) as active_week_count
    from live
    group by team_id
)
select
    team.team_id,
    team.eligible_at,
    team.onboarded_at,
    least(first_run.moment, first_any.moment) as first_run_at,
    used.first_deployment_at,
    used.last_deployment_at,
    coalesce(used.active_week_count, 0) as active_week_count,
    gap.usual_gap_days,
    coalesce(used.active_week_count, 0) >= 6 as is_habitual,
    coalesce(gap.last_at + to_hours(cast(24 * greatest(30, 2 * coalesce(gap.usual_gap_days, 0)) as bigint)) < span.last_at, false) as is_lapsed,
    case when is_lapsed then gap.last_at + to_hours(cast(24 * greatest(30, 2 * coalesce(gap.usual_gap_days, 0)) as bigint)) end as lapsed_at
from facts.team
cross join span
left join first_run using (team_id)
left join first_any using (team_id)
left join used using (team_id)
left join gap using (team_id)
where not team.is_platform_team
