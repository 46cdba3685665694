"""From a source's settings to its connection: who asks, and how many requests at a time."""

from ingest.http import Http
from ingest.secret import named, secret
from ingest.settings import GithubSettings
from ingest.tables import ApiSettings


def connect(entry: ApiSettings) -> Http:
    """Raises SourceError when the token, or the key of an app, is not where the settings say."""
    if isinstance(entry, GithubSettings) and entry.app_id:
        # what signs is slow to import
        from ingest.github_app import GithubApp

        return Http(
            entry.base_url,
            GithubApp.of(entry),
            token_name=f"app {entry.app_id}",
            parallel=entry.parallel,
            reserve=entry.reserve,
        )
    return Http(
        entry.base_url,
        secret(entry.name, "token", entry.token_env, entry.token_file),
        token_name=named(entry.token_env, entry.token_file),
        authorization=entry.authorization,
        parallel=entry.parallel,
        reserve=entry.reserve,
    )
