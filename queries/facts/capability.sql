-- question: What does each team have of the platform's surfaces: by its own word, and as far as the data shows?
-- grain: team_id, capability
-- reads: facts.ci_run, facts.clock, facts.deployment, facts.incident, facts.team, facts.team_alias, staging.capability
-- columns:
--   team_id                   varchar    team, without those that build the platform
--   capability                varchar    surface, as the records name it
--   level                     varchar    declared last: not_required, none, tactical or strategic; null where nobody said
--   declared_at               timestamp  when that was written down
--   since_at                  timestamp  from when the team has had it, as declared
--   solution                  varchar    what it is, as declared
--   seen_at                   timestamp  newest trace of its use in the data; null where there is none
--   is_observable             boolean    its use would leave a trace in the data
-- What leaves a trace: runs (version control, CI/CD), model versions in deployments (model registry), deployments to test,
-- development and production (environments), incidents found by monitoring. A trace says that it is used, not how well.
with declared as (
    select alias.team_id, capability.capability, capability.level, capability.observed_at, capability.since, capability.solution
    from staging.capability
    inner join facts.team_alias as alias on alias.given_id = capability.team_id
    cross join facts.clock
    where capability.observed_at <= clock.as_of
    qualify row_number() over (
        partition by alias.team_id, surface_key(capability.capability) order by capability.observed_at desc, capability.source
    ) = 1
),
run as (
    select team_id, max(created_at) as moment
    from facts.ci_run
    where team_id is not null and created_at <= (select as_of from facts.clock)
    group by team_id
),
live as (
    select * from facts.deployment where status = 'succeeded' and team_id is not null and finished_at <= (select as_of from facts.clock)
),
environment as (
    select team_id, environment_class, max(finished_at) as moment
    from live
    where environment_class in ('production', 'test', 'development')
    group by team_id, environment_class
),
trace as (
    select team_id, unnest(['version control', 'ci/cd']) as surface, moment from run
    union all
    select team_id, 'model registry', max(finished_at)
    from live
    where model_version is not null
    group by team_id
    union all
    select team_id, 'dev/test/prod environments', min(moment) from environment group by team_id having count(*) = 3
    union all
    select team_id, unnest(['monitoring', 'basic monitoring']), max(opened_at)
    from facts.incident
    where detected_by = 'monitoring' and team_id is not null and opened_at <= (select as_of from facts.clock)
    group by team_id
),
surface as (
    -- one spelling of each name: the commonest that was declared, else the trace's
    select mode(capability) as capability, surface_key(capability) as surface from declared group by surface
    union all
    select distinct surface, surface from trace where surface not in (select surface_key(capability) from declared)
)
select
    team.team_id,
    surface.capability,
    declared.level,
    declared.observed_at as declared_at,
    declared.since as since_at,
    declared.solution,
    trace.moment as seen_at,
    exists (from trace as any_trace where any_trace.surface = surface.surface) as is_observable
from facts.team
cross join surface
left join declared on declared.team_id = team.team_id and surface_key(declared.capability) = surface.surface
left join trace on trace.team_id = team.team_id and trace.surface = surface.surface
where not team.is_platform_team
