-- question: What do approvals and incidents say of each team that no other metric does?
-- part_of: triangulation
-- dimensions: measure, team_id
-- definition: Median hours that a production deployment waited for approval; share of incidents that a customer found first. Six cases at least.
-- columns:
--   case_count                approvals or incidents
--   amount                    median hours, or share
select
    /* group */
    count(*) as case_count,
    case
        when count(*) < 6 then null
        when any_value(measure) = 'approval_wait' then quantile_cont(amount, 0.5)
        else avg(amount)
    end as amount
from marts.evidence
where true /* and where */
group by all
