-- question: What was deployed where, by which path, and what became of it?
-- grain: deployment_id
-- time: finished_at
-- reads: facts.ci_run, facts.environment, facts.owner, settings.cause_rule, settings.platform_rule, staging.deployment
-- columns:
--   deployment_id             varchar    id with its source's prefix
--   repo                      varchar    repository
--   product                   varchar    product as given, else by ownership
--   team_id                   varchar    owner of product or repository at the time
--   environment               varchar    name as given
--   environment_class         varchar    production, test, development or other
--   path                      varchar    platform, off_platform or unknown
--   status                    varchar    waiting, pending, in_progress, succeeded, failed, cancelled or inactive
--   cause                     varchar    human_change, retrain, promotion, config, rollback, hotfix or redeploy
--   cause_method              varchar    given; reference (it takes one back), flag (unplanned), rule (of the configuration), comparison (with the one before it) or default
--   is_unplanned              boolean    repairs production: flagged, a hotfix or a rollback
--   rollback_of               varchar    deployment that it takes back
--   previous_deployment_id    varchar    the succeeded one before it: same product (else repo), same environment
--   created_at                timestamp  when it was asked for
--   finished_at               timestamp  when it succeeded, failed or was cancelled; null while it has not
--   finished_at_method        varchar    given; or taken from its run, its start or its creation, where it is not given
--   sha                       varchar    commit
--   model_name                varchar    model, where one was deployed
--   model_version             varchar    its version
--   workflow                  varchar    pipeline that deployed
--   run_id                    varchar    run that deployed
--   url                       varchar    in the tool of record
with rule as (
    select
        list(pattern) filter (kind = 'uses') as uses,
        list(pattern) filter (kind = 'workflows') as workflows,
        list(pattern) filter (kind = 'environments') as environments,
        list(pattern) filter (kind = 'repos') as repos,
        list(pattern) filter (kind = 'actors') as actors
    from settings.platform_rule
),
ended as (
    select
        deployment.*,
        run.event,
        run.uses,
        coalesce(deployment.workflow, run.workflow) as workflow_name,
        coalesce(deployment.product, owner.product) as product_name,
        owner.team_id,
        environment.environment_class,
        case when deployment.status in ('succeeded', 'failed', 'cancelled') then
            coalesce(deployment.finished_at, run.finished_at, deployment.started_at, deployment.created_at)
        end as ended_at,
        case
            when deployment.status not in ('succeeded', 'failed', 'cancelled') then null
            when deployment.finished_at is not null then 'given'
            when run.finished_at is not null then 'run'
            when deployment.started_at is not null then 'started'
            else 'created'
        end as ended_at_method
    from staging.deployment
    inner join facts.environment using (environment)
    left join facts.ci_run as run on run.run_id = deployment.run_id
    left join facts.owner
        on owner.repo = deployment.repo and owner.product_key = coalesce(deployment.product, '')
        and deployment.created_at >= owner.valid_from and deployment.created_at < owner.valid_to
),
ordered as (
    select
        *,
        last_value(case when status = 'succeeded' then deployment_id end ignore nulls) over earlier as previous_id,
        last_value(case when status = 'succeeded' then coalesce(sha, '') end ignore nulls) over earlier as previous_sha,
        last_value(case when status = 'succeeded' then concat_ws('@', model_name, model_version, data_version) end ignore nulls) over earlier as previous_model
    from ended
    window earlier as (
        partition by coalesce('product ' || product_name, 'repo ' || repo), lower(environment)
        order by coalesce(ended_at, created_at), created_at, deployment_id
        rows between unbounded preceding and 1 preceding
    )
),
ruled as (
    select sign.*, arg_min(rule.cause, rule.rank) as ruled_cause
    from (select distinct ref, workflow_name, event, actor from ended where cause is null) as sign
    inner join settings.cause_rule as rule
        on (rule.kind = 'refs' and matches(sign.ref, rule.pattern))
        or (rule.kind = 'workflows' and matches(sign.workflow_name, rule.pattern))
        or (rule.kind = 'events' and matches(sign.event, rule.pattern))
        or (rule.kind = 'actors' and sign.actor = rule.pattern)
    group by all
),
caused as (
    select
        ordered.*,
        -- a schedule, or the same commit with another version, brings a new model and no change of a person
        case
            when ordered.cause is not null then ['given', ordered.cause]
            when ordered.rollback_of is not null then ['reference', 'rollback']
            when ordered.is_unplanned and ruled.ruled_cause is distinct from 'rollback' then ['flag', 'hotfix']
            when ruled.ruled_cause is not null then ['rule', ruled.ruled_cause]
            when ordered.model_name is not null and ordered.event = 'schedule' then ['comparison', 'retrain']
            when ordered.model_name is not null and ordered.sha = ordered.previous_sha
                and concat_ws('@', ordered.model_name, ordered.model_version, ordered.data_version) <> ordered.previous_model
                then ['comparison', 'retrain']
            when ordered.sha = ordered.previous_sha
                and concat_ws('@', ordered.model_name, ordered.model_version, ordered.data_version) = ordered.previous_model
                then ['comparison', 'redeploy']
            else ['default', 'human_change']
        end as reason
    from ordered
    left join ruled
        on ruled.ref is not distinct from ordered.ref
        and ruled.workflow_name is not distinct from ordered.workflow_name
        and ruled.event is not distinct from ordered.event
        and ruled.actor is not distinct from ordered.actor
)
select
    deployment_id,
    repo,
    product_name as product,
    team_id,
    environment,
    environment_class,
    case
        when via_platform then 'platform'
        when not via_platform then 'off_platform'
        when len(list_filter(rule.workflows, lambda pattern: matches(workflow_name, pattern))) > 0
            or len(list_filter(rule.uses, lambda pattern: len(list_filter(caused.uses, lambda used: matches(used, pattern))) > 0)) > 0
            or len(list_filter(rule.environments, lambda pattern: matches(environment, pattern))) > 0
            or len(list_filter(rule.repos, lambda pattern: matches(repo, pattern))) > 0
            or list_contains(rule.actors, actor)
            then 'platform'
        -- no rule could be tried, so none says that it went round the platform
        when (rule.workflows is null or workflow_name is null)
            and (rule.uses is null or caused.uses is null)
            and (rule.actors is null or actor is null)
            and rule.environments is null
            and rule.repos is null
            then 'unknown'
        else 'off_platform'
    end as path,
    status,
    reason[2] as cause,
    reason[1] as cause_method,
    coalesce(is_unplanned, false) or rollback_of is not null or reason[2] in ('rollback', 'hotfix') as is_unplanned,
    rollback_of,
    previous_id as previous_deployment_id,
    created_at,
    ended_at as finished_at,
    ended_at_method as finished_at_method,
    sha,
    model_name,
    model_version,
    workflow_name as workflow,
    run_id,
    url
from caused cross join rule
