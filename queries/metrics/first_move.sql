-- question: What should each team do first?
-- version: 2
-- ignores: by
-- needs: team
-- uses: lead_time
-- always_by: team_id
-- dimensions: team_id, domain, support_model
-- definition: The slowest measured link of the team's chain (first commit to opened, to merged, to production: medians of at least 6 changes, of the last 180 days unless a period is given) and the move that it asks for. Version control comes first where it is missing. Else CI/CD where the way from merge to production is the slowest link and takes more than a day; else monitoring where production is opaque (declared missing, and no incident found by it in 90 days); else CI/CD where it is missing; else what the slowest link asks for. The SQL shows what is missing; the hours come from lead_time.
-- columns:
--   name                      team
--   move                      version control, CI/CD, monitoring, review, smaller changes, none or measure first
--   reason                    why, in words
--   link                      slowest measured link: coding, review or deploy; null where none is measured
--   link_hours                its median
--   coding_hours              median first commit to opened
--   review_hours              median opened to merged
--   deploy_hours              median merged to in production
--   change_count              shipped changes
--   missing                   of version control, CI/CD and monitoring, those declared missing of which the data shows no use
select
    /* group */
    any_value(name) as name,
    list(surface order by surface) filter (surface is not null) as missing
from marts.team
left join (
    select
        team_id,
        case
            when surface_key(capability) in ('monitoring', 'basic monitoring') then 'monitoring'
            when surface_key(capability) = 'ci/cd' then 'CI/CD'
            else 'version control'
        end as surface
    from marts.capability
    where surface_key(capability) in ('version control', 'ci/cd', 'monitoring', 'basic monitoring')
    group by all
    -- either word for monitoring will do
    having bool_and(level = 'none' and not coalesce(is_seen, false))
) as surface using (team_id)
where not is_platform_team /* and where */
group by all
