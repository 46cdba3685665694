-- question: Who was seen using the platform, for which team and on which day?
-- grain: day, team_id, person
-- reads: facts.ci_run, facts.clock, facts.deployment, facts.owner, settings.platform_rule, staging.change, staging.ci_run, staging.deployment
-- columns:
--   day                       date       day in the reporting time zone
--   team_id                   varchar    owner of what they worked on; null where nobody is known to own it
--   person                    varchar    hash of who started a run or a deployment through the platform; never shown, only counted
-- What a schedule starts, or a machine deploys again, shows nobody; accounts that write changes as bots are no people.
with platform_pipeline as (
    select distinct pipeline.workflow, pipeline.uses
    from (select distinct workflow, uses from facts.ci_run) as pipeline
    inner join settings.platform_rule as rule
        on (rule.kind = 'workflows' and matches(pipeline.workflow, rule.pattern))
        or (rule.kind = 'uses' and len(list_filter(pipeline.uses, lambda used: matches(used, rule.pattern))) > 0)
),
started as (
    select run.repo, run.actor, run.created_at
    from staging.ci_run as run
    inner join platform_pipeline
        on platform_pipeline.workflow = run.workflow and platform_pipeline.uses is not distinct from run.uses
    where run.actor is not null and run.event is distinct from 'schedule'
),
seen as (
    select started.actor, started.created_at, owner.team_id
    from started
    left join facts.owner
        on owner.repo = started.repo and owner.product_key = ''
        and started.created_at >= owner.valid_from and started.created_at < owner.valid_to
    union all
    select given.actor, given.created_at, deployment.team_id
    from facts.deployment
    inner join staging.deployment as given using (deployment_id)
    where deployment.path = 'platform' and deployment.cause not in ('retrain', 'redeploy') and given.actor is not null
)
select distinct local_day(seen.created_at, clock.timezone) as day, seen.team_id, seen.actor as person
from seen
cross join facts.clock
where seen.created_at <= clock.as_of and seen.actor not in (select author from staging.change where is_bot and author is not null)
