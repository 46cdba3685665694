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
-- An incident that names a product is never put down to another product of the same repository.
with live as (
    select deployment_id, repo, product, team_id, finished_at
    from facts.deployment
    where environment_class = 'production' and status = 'succeeded'
),
live_by_bare_id as (
    select bare(deployment_id) as bare_id, any_value(deployment_id) as deployment_id from live group by all having count(*) = 1
),
incident as (
    select
        incident.* exclude (team_id, deployment_id),
        incident.deployment_id as named_id,
        alias.team_id,
        case
            when incident.product is not null and (incident.repo is null or incident.product in (select product from live)) then 'product'
            when incident.repo is not null then 'repo'
            when incident.team_id is not null then 'team'
        end as link_by
    from staging.incident
    left join facts.team_alias as alias on alias.given_id = incident.team_id
),
named as (
    select incident.incident_id, coalesce(exact.deployment_id, other.deployment_id) as deployment_id
    from incident
    left join live as exact on exact.deployment_id = incident.named_id
    left join live_by_bare_id as other on other.bare_id = bare(incident.named_id)
    where incident.named_id is not null
),
candidate as (
    select 'product' as link_by, product as link_value, deployment_id, finished_at from live where product is not null
    union all
    select 'repo', repo, deployment_id, finished_at from live
    union all
    select 'team', team_id, deployment_id, finished_at from live where team_id is not null
),
inferred as (
    select incident.incident_id, candidate.deployment_id
    from incident
    cross join settings.definition
    asof inner join candidate
        on candidate.link_by = incident.link_by
        and candidate.link_value = case incident.link_by when 'product' then incident.product when 'repo' then incident.repo else incident.team_id end
        and candidate.finished_at <= incident.opened_at
    where incident.named_id is null
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
        when inferred.deployment_id is not null then incident.link_by
    end as link_method,
    incident.url
from incident
left join named using (incident_id)
left join inferred using (incident_id)
