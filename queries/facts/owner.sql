-- question: Which team owns a repository or a product in it, and when?
-- grain: repo, product_key, valid_from
-- reads: facts.team_alias, staging.change, staging.ci_run, staging.deployment, staging.incident, staging.ownership
-- columns:
--   repo                      varchar    repository as records name it
--   product_key               varchar    product as records name it; empty where they name none
--   team_id                   varchar    owner; null where the rules that fit best name several teams
--   product                   varchar    product by ownership, where just one fits
--   valid_from                timestamp  first instant of this owner
--   valid_to                  timestamp  first instant after it
-- The most specific pattern wins (the product itself, then a path, then the longest literal); for what names no product
-- a rule without one comes before a rule for one; then the newest `since`.
with target as (
    select repo, coalesce(product, '') as product_key from staging.deployment
    union
    select repo, coalesce(product, '') from staging.incident where repo is not null
    union
    select repo, '' from staging.ci_run
    union
    select repo, '' from staging.change
),
rule as (
    select
        split_part(pattern, ':', 1) as repo_pattern,
        nullif(substr(pattern, nullif(strpos(pattern, ':'), 0) + 1), '') as path,
        length(replace(pattern, '*', '')) as literal_length,
        alias.team_id,
        product,
        coalesce(since, timestamp '0001-01-01') as since
    from staging.ownership
    inner join facts.team_alias as alias on alias.given_id = ownership.team_id
),
fit as (
    select
        target.repo,
        target.product_key,
        rule.*,
        case
            when target.product_key in (rule.product, split_part(rule.path, '/', -1)) then 3
            when rule.path is not null and matches(target.product_key, rule.path) then 3
            when rule.path is not null then 0
            when rule.product is null or target.product_key = '' then 2
            else 1
        end as fitness
    from target
    inner join rule on matches(target.repo, rule.repo_pattern)
),
start as (select distinct repo, product_key, since as valid_from from fit where fitness > 0),
ranked as (
    select
        start.valid_from,
        fit.*,
        rank() over (
            partition by fit.repo, fit.product_key, start.valid_from
            order by
                fit.fitness desc,
                fit.path is not null desc,
                fit.literal_length desc,
                fit.product is null desc,
                fit.since desc
        ) as place
    from start
    inner join fit
        on fit.repo = start.repo and fit.product_key = start.product_key
        and fit.since <= start.valid_from and fit.fitness > 0
)
select
    repo,
    product_key,
    case when count(distinct team_id) = 1 then min(team_id) end as team_id,
    case when count(distinct product) = 1 then min(product) end as product,
    valid_from,
    lead(valid_from, 1, timestamp '9999-12-31') over (partition by repo, product_key order by valid_from) as valid_to
from ranked
where place = 1
group by repo, product_key, valid_from
