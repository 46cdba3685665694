"""The filters as widgets, one row on every page that they mean something on, bound to the URL.

Bound widgets of the entry script keep their value over pages, links, reloads and the back button; so this runs there,
before the page, and also where a page has no use for them: then unseen.
"""

from collections.abc import Collection

import streamlit as st

from app import filters
from app.filters import COMPARED, GRAINS, PATHS, PERIODS, USUAL, Filters
from app.readmodel import Model

_LAST = "filters"
_NOTICES = "filters notices"


def choose(model: Model, *, shown: bool = True) -> tuple[Filters, list[str]]:
    """What the reader has chosen, by widget or by link, and what of the link means nothing here.

    The notices stay until the choice changes.
    """
    teams = filters.labels(model.names())
    domains = sorted(set(model.table("team")["domain"].drop_nulls()), key=str.casefold)
    known: dict[str, Collection[str]] = {
        "period": PERIODS,
        "by": GRAINS,
        "path": PATHS,
        "compare": COMPARED,
        "team": teams,
        "domain": domains,
    }
    notices = filters.strangers({key: st.query_params.get_all(key) for key in known}, known)
    chosen = _row(teams, domains, shown)
    if notices or chosen != st.session_state.get(_LAST):
        st.session_state[_NOTICES] = notices
    st.session_state[_LAST] = chosen
    return chosen, st.session_state[_NOTICES]


def _row(teams: dict[str, str], domains: list[str], shown: bool) -> Filters:
    with st.container(key="filters" if shown else "filters-unseen"):
        columns = st.columns([2.2, 3.4, 2.8, 2.6, 1.8, 2.2], vertical_alignment="bottom")
        period = columns[0].selectbox(
            "Period", list(PERIODS), list(PERIODS).index(USUAL), key="period", bind="query-params"
        )
        team = columns[1].multiselect(
            "Teams", list(teams), key="team", bind="query-params", placeholder="All teams", wrap=False
        )
        domain = columns[2].multiselect(
            "Domains", domains, key="domain", bind="query-params", placeholder="All domains", wrap=False
        )
        path = columns[3].selectbox("Path to production", list(PATHS), key="path", bind="query-params")
        by = columns[4].selectbox("Drawn by", list(GRAINS), key="by", bind="query-params")
        against = columns[5].selectbox("Compared with", list(COMPARED), key="compare", bind="query-params")
    chosen = tuple(teams[label] for label in team)
    return Filters(period, GRAINS[by], chosen, tuple(domain), PATHS[path], COMPARED[against])
