-- question: Which deployment, if any, does an incident follow from?
-- grain: incident_id
-- time: opened_at
-- reads: facts.deployment, facts.team_alias, settings.definition, staging.incident
-- columns:
--   incident_id               varchar    id with its source's prefix
--   repo                      varchar    repository
--   product                   varchar    product
--   team_id                   varchar    team
--   severity                  varchar    severity as given
--   detected_by               varchar    test, monitoring, internal_user or customer
--   title                     varchar    title
--   opened_at                 timestamp  when it began
--   resolved_at               timestamp  when it was over; null while it is not
--   deployment_id             varchar    succeeded production deployment it is put down to
--   link_method               varchar    deployment_id (named by the record), else product, repo or team within the incident window
--   url                       varchar    in the tool of record
-- An incident that names a product is never put down to another product of the same repository, and one that names a
-- deployment of its own source never to another source's deployment of the same number.
with live as (
    select deployment_id, repo, product, team_id, finished_at
    from facts.deployment
    where environment_class = 'production' and status = 'succeeded'
),
incident as (
    select
        incident.* exclude (team_id, deployment_id),
        incident.deployment_id as named_id,
        alias.team_id,
        case
            when incident.product in (select product from live) then 'product'
            -- no deployment names this product, so it can only be one of those that name none
            when incident.product is not null and incident.repo is not null then 'unnamed'
            when incident.product is not null and incident.team_id is not null then 'unnamed of team'
            when incident.repo is not null then 'repo'
            when incident.team_id is not null then 'team'
        end as link_by
    from staging.incident
    left join facts.team_alias as alias on alias.given_id = incident.team_id
),
by_bare_id as (
    select bare(deployment_id) as bare_id, any_value(deployment_id) as deployment_id
    from facts.deployment
    where bare(deployment_id) in (select bare(named_id) from incident where named_id is not null)
    group by all
    having count(*) = 1
),
known as (
    select incident.incident_id, coalesce(exact.deployment_id, by_bare_id.deployment_id) as deployment_id
    from incident
    left join facts.deployment as exact on exact.deployment_id = incident.named_id
    left join by_bare_id on by_bare_id.bare_id = bare(incident.named_id)
    where coalesce(exact.deployment_id, by_bare_id.deployment_id) is not null
),
named as (
    select incident_id, deployment_id
    from known
    inner join live using (deployment_id)
),
candidate as (
    -- of those that finished at one instant always the same is taken
    select 'product' as link_by, product as link_value, finished_at, max(deployment_id) as deployment_id
    from live where product is not null group by all
    union all
    select 'unnamed', repo, finished_at, max(deployment_id) from live where product is null group by all
    union all
    select 'unnamed of team', team_id, finished_at, max(deployment_id) from live where product is null and team_id is not null group by all
    union all
    select 'repo', repo, finished_at, max(deployment_id) from live group by all
    union all
    select 'team', team_id, finished_at, max(deployment_id) from live where team_id is not null group by all
),
inferred as (
    select incident.incident_id, candidate.deployment_id
    from incident
    cross join settings.definition
    asof inner join candidate
        on candidate.link_by = incident.link_by
        and candidate.link_value = case incident.link_by
            when 'product' then incident.product
            when 'team' then incident.team_id
            when 'unnamed of team' then incident.team_id
            else incident.repo
        end
        and candidate.finished_at <= incident.opened_at
    -- a deployment that no source delivers tells nothing; one that is known and did not succeed tells that no other is meant
    where incident.incident_id not in (select incident_id from known)
        and hours_between(candidate.finished_at, incident.opened_at) <= definition.incident_window_hours
)
select
    incident.incident_id,
    incident.repo,
    incident.product,
    incident.team_id,
    incident.severity,
    incident.detected_by,
    incident.title,
    incident.opened_at,
    incident.resolved_at,
    coalesce(named.deployment_id, inferred.deployment_id) as deployment_id,
    case
        when named.deployment_id is not null then 'deployment_id'
        when inferred.deployment_id is not null
            then case incident.link_by when 'unnamed' then 'repo' when 'unnamed of team' then 'team' else incident.link_by end
    end as link_method,
    incident.url
from incident
left join named using (incident_id)
left join inferred using (incident_id)
