-- question: What share of production deployments goes through the platform, and how many teams and people use it?
-- version: 2
-- needs: deployment
-- compare: yes
-- costly: platform_model_count, platform_product_count
-- dimensions: team_id, domain, product, repo, cause
-- defaults: environment_class=production
-- definition: Succeeded production deployments through the platform over all whose path is known; deployments of unknown path are counted apart and in neither. A team is active when one of its deployments went through the platform, and eligible from the day it could use it; the team that builds the platform is no adopter. People are those seen starting a run or a deployment of any environment through it (no schedule, retrain or bot), over the headcount of eligible teams where that is known; of fewer people than the privacy floor neither is shown. Where no deployment round the platform has ever been seen, the share is not shown: nobody can tell 100 % from not looking.
-- columns:
--   platform_count            through the platform
--   known_path_count          path known
--   unknown_path_count        path not known, in no share
--   platform_ratio            through the platform over path known
--   platform_ratio_low        lower end of its 95 % interval (Wilson)
--   platform_ratio_high       upper end
--   platform_model_count      distinct models deployed through it
--   platform_product_count    distinct products (else repositories) deployed through it
--   active_team_count         eligible teams with at least one deployment through the platform
--   eligible_team_count       teams that could use it by then
--   eligible_headcount        people in these teams, where it is known
--   people_count              of these, seen using it
--   people_ratio              people seen over people who could
--   people_ratio_low          lower end of its 95 % interval (Wilson)
--   people_ratio_high         upper end
select
    /* group */
    count(*) filter (path = 'platform') as platform_count,
    count(*) filter (path <> 'unknown') as known_path_count,
    count(*) filter (path = 'unknown') as unknown_path_count,
    ratio(platform_count, known_path_count) as platform_ratio,
    wilson_low(platform_count, known_path_count) as platform_ratio_low,
    wilson_high(platform_count, known_path_count) as platform_ratio_high,
    count(distinct model_name) filter (path = 'platform') as platform_model_count,
    count(distinct coalesce(product, repo)) filter (path = 'platform') as platform_product_count,
    count(distinct team_id) filter (path = 'platform' and is_eligible) as active_team_count
from marts.deployment
where is_succeeded /* and where */
group by all
