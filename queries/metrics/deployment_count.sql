-- question: How many models and products reach production through the platform, and how many deployments succeed?
-- version: 1
-- needs: deployment
-- compare: yes
-- costly: platform_model_count, platform_product_count
-- dimensions: team_id, domain, product, repo, environment, environment_class, path, cause
-- defaults: environment_class=production
-- definition: Deployments that succeeded, counted when they finished; production unless asked otherwise. Models and products are counted once each, however often they are deployed, and only where the path was the platform. A nightly retrain counts as a deployment here; split by cause to see it apart.
-- columns:
--   platform_model_count      distinct models among those through the platform
--   platform_product_count    distinct products (else repositories) among those through the platform
--   deployment_count          succeeded deployments
select
    /* group */
    count(distinct model_name) filter (path = 'platform') as platform_model_count,
    count(distinct coalesce(product, repo)) filter (path = 'platform') as platform_product_count,
    count(*) as deployment_count
from marts.deployment
where is_succeeded /* and where */
group by all
