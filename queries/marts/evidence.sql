-- question: What do approvals and incidents say of each team that no other metric does?
-- grain: measure, case_id
-- reads: facts.approval, facts.clock, facts.incident
-- columns:
--   day                       date       approved, or the incident began, in the reporting time zone
--   measure                   varchar    approval_wait or detection
--   case_id                   varchar    deployment or incident
--   team_id                   varchar    team
--   amount                    double     hours of waiting; 1 for an incident that a customer found, 0 for one found before
select local_day(approval.approved_at, clock.timezone) as day, 'approval_wait' as measure, deployment_id as case_id, team_id, wait_hours as amount
from facts.approval
cross join facts.clock
where team_id is not null
union all
select local_day(incident.opened_at, clock.timezone), 'detection', incident_id, team_id, case when detected_by = 'customer' then 1.0 else 0.0 end
from facts.incident
cross join facts.clock
where team_id is not null and detected_by is not null
order by measure, team_id, day
