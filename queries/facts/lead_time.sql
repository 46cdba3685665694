-- question: How long did each change take from its first commit to production, and where did the time go?
-- grain: change_id
-- time: shipped_at
-- reads: facts.clock, facts.deployment, facts.horizon, facts.owner, staging.change, staging.deployed_commit
-- columns:
--   change_id                 varchar    id with its source's prefix
--   repo                      varchar    repository
--   product                   varchar    product of the deployment that shipped it
--   team_id                   varchar    owner of the deployment's product, else of the repository
--   environment               varchar    environment of the deployment that shipped it
--   path                      varchar    path of the deployment that shipped it
--   is_bot                    boolean    written by a bot
--   deployment_id             varchar    first succeeded production deployment that contains it
--   link_method               varchar    shipped_in, sha, comparison (listed among the commits that the deployment brought) or first_after_merge
--   state                     varchar    shipped; waiting (its repository deploys, but not since); before_first (merged long before the repository's first deployment); unseen (no production deployment of the repository is known, or none can be since it was merged)
--   first_commit_at           timestamp  first commit
--   opened_at                 timestamp  change opened for review
--   merged_at                 timestamp  merged
--   shipped_at                timestamp  deployment finished
--   coding_hours              double     first commit to opened; negative where the record has it so
--   review_hours              double     opened to merged
--   deploy_hours              double     merged to deployment finished
--   lead_time_hours           double     first commit to deployment finished
--   waiting_hours             double     first commit until deployments are last known of, for a change that waits: a lead time known to be longer than this
--   url                       varchar    in the tool of record
with live as (
    -- what is dated after now is a fault and has shipped nothing yet
    select *
    from facts.deployment
    where environment_class = 'production' and status = 'succeeded' and finished_at <= (select as_of from facts.clock)
),
first_live as (select repo, min(created_at) as created_at from live group by repo),
by_bare_id as (
    select bare(deployment_id) as bare_id, any_value(deployment_id) as deployment_id
    from facts.deployment
    where bare(deployment_id) in (select bare(shipped_in) from staging.change where shipped_in is not null)
    group by all
    having count(*) = 1
),
named as (
    -- a deployment of the change's own source comes first: another's may have the same number
    select change.change_id, live.deployment_id
    from staging.change
    left join facts.deployment as exact on exact.deployment_id = change.shipped_in
    left join by_bare_id on by_bare_id.bare_id = bare(change.shipped_in)
    inner join live on live.deployment_id = coalesce(exact.deployment_id, by_bare_id.deployment_id)
),
commits as (
    select change_id, repo, merge_sha as sha from staging.change where merge_sha is not null
    union
    select change_id, repo, head_sha from staging.change where head_sha is not null
),
contained as (
    select deployment_id, repo, finished_at, sha, 'sha' as link_method from live where sha is not null
    union all
    select live.deployment_id, live.repo, live.finished_at, brought.sha, 'comparison'
    from staging.deployed_commit as brought
    inner join live on live.deployment_id = brought.deployment_id and live.sha is distinct from brought.sha
),
by_commit as (
    select
        commits.change_id,
        arg_min(
            {deployment_id: contained.deployment_id, link_method: contained.link_method},
            (contained.finished_at, contained.deployment_id, contained.link_method <> 'sha')
        ) as first
    from commits
    inner join contained on contained.repo = commits.repo and contained.sha = commits.sha
    group by commits.change_id
),
production_change as (
    -- a nightly retrain, a rollback or a redeploy does not ship what was merged meanwhile, unless its commit says so
    -- of those created at one instant always the same is taken
    select
        repo,
        created_at,
        arg_min(deployment_id, (finished_at, deployment_id)) as deployment_id,
        arg_min(deployment_id, (finished_at, deployment_id)) filter (
            where deployment_id not in (select deployment_id from staging.deployed_commit)
        ) as unlisted_id
    from live
    where cause in ('human_change', 'promotion', 'config', 'hotfix')
    group by all
),
candidate as (
    -- what a deployment ships that lists its commits is known, unless the change tells none of its own
    select true as has_commit, repo, created_at, unlisted_id as deployment_id from production_change where unlisted_id is not null
    union all
    select false, repo, created_at, deployment_id from production_change
),
by_order as (
    select change.change_id, candidate.deployment_id
    from staging.change
    inner join first_live on first_live.repo = change.repo
    asof inner join candidate
        on candidate.repo = change.repo
        and candidate.has_commit = (change.merge_sha is not null or change.head_sha is not null)
        and candidate.created_at >= change.merged_at
    where change.merged_at >= first_live.created_at - interval 30 days
),
linked as (
    select
        change.*,
        coalesce(named.deployment_id, by_commit.first.deployment_id, by_order.deployment_id) as linked_id,
        case
            when named.deployment_id is not null then 'shipped_in'
            when by_commit.first is not null then by_commit.first.link_method
            when by_order.deployment_id is not null then 'first_after_merge'
        end as link_method
    from staging.change
    left join named using (change_id)
    left join by_commit using (change_id)
    left join by_order using (change_id)
)
select
    linked.change_id,
    linked.repo,
    live.product,
    coalesce(live.team_id, owner.team_id) as team_id,
    live.environment,
    live.path,
    coalesce(linked.is_bot, false) as is_bot,
    live.deployment_id,
    linked.link_method,
    case
        when live.deployment_id is not null then 'shipped'
        when first_live.repo is null or linked.merged_at > horizon.last_at then 'unseen'
        when linked.merged_at < first_live.created_at - interval 30 days then 'before_first'
        else 'waiting'
    end as state,
    linked.first_commit_at,
    linked.opened_at,
    linked.merged_at,
    live.finished_at as shipped_at,
    hours_between(linked.first_commit_at, linked.opened_at) as coding_hours,
    hours_between(linked.opened_at, linked.merged_at) as review_hours,
    hours_between(linked.merged_at, live.finished_at) as deploy_hours,
    hours_between(linked.first_commit_at, live.finished_at) as lead_time_hours,
    case when state = 'waiting' then hours_between(linked.first_commit_at, horizon.last_at) end as waiting_hours,
    linked.url
from linked
left join facts.horizon on horizon.record = 'deployment'
left join live on live.deployment_id = linked.linked_id
left join first_live on first_live.repo = linked.repo
left join facts.owner
    on owner.repo = linked.repo and owner.product_key = ''
    and linked.merged_at >= owner.valid_from and linked.merged_at < owner.valid_to
