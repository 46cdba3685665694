-- question: Which succeeded production deployments had to be repaired, and how do we know?
-- grain: deployment_id, cause, evidence_id
-- time: finished_at
-- reads: facts.clock, facts.deployment, facts.incident, settings.definition
-- columns:
--   deployment_id             varchar    the deployment that led to a failure
--   cause                     varchar    incident, rollback or unplanned (a fix outside the plan)
--   incident_id               varchar    the incident, where it was one
--   evidence_id               varchar    the incident, rollback or fix that shows it
--   link_method               varchar    deployment_id, product, repo or team (incidents); rollback_of; previous (the one live before the repair)
--   finished_at               timestamp  when the deployment that failed had finished
-- An incident that names a deployment, and a rollback that names one, count whenever they come; what is inferred
-- from an unplanned fix counts within the incident window only.
with live as (
    select *
    from facts.deployment
    where environment_class = 'production' and status = 'succeeded' and finished_at <= (select as_of from facts.clock)
),
repair as (
    select *
    from facts.deployment
    where environment_class = 'production' and status in ('succeeded', 'failed') and is_unplanned
        and finished_at <= (select as_of from facts.clock)
),
link as (
    select deployment_id, 'incident' as cause, incident_id, incident_id as evidence_id, link_method
    from facts.incident
    where deployment_id is not null
    union all
    select rollback_of, 'rollback', null, deployment_id, 'rollback_of'
    from repair
    where rollback_of is not null
    union all
    select previous_deployment_id, 'rollback', null, deployment_id, 'previous'
    from repair
    where rollback_of is null and cause = 'rollback'
    union all
    select repair.previous_deployment_id, 'unplanned', null, repair.deployment_id, 'previous'
    from repair
    inner join live as broken on broken.deployment_id = repair.previous_deployment_id
    cross join settings.definition
    where repair.rollback_of is null and repair.cause <> 'rollback'
        and hours_between(broken.finished_at, repair.created_at) <= definition.incident_window_hours
)
select
    link.deployment_id,
    link.cause,
    link.incident_id,
    link.evidence_id,
    link.link_method,
    live.finished_at
from link
inner join live using (deployment_id)
