"""The filters as widgets, one row on every page that they mean something on, kept in step with the URL."""

import streamlit as st

from app import filters
from app.filters import Filters
from app.readmodel import Model

_STATE = "filters"
_PAGE = "filters page"
_NOTICES = "filters notices"


def choose(model: Model, page: str, *, shown: bool = True) -> tuple[Filters, list[str]]:
    """What the reader has chosen, by widget or by link, and the notices about what in the link meant nothing.

    The URL follows the choice. It counts as a link when it differs from the last choice; after a change of page it is
    empty, which is no choice, so the last one goes on.
    """
    names, domains = model.names(), _domains(model)
    url = {key: tuple(st.query_params.get_all(key)) for key in filters.KEYS if key in st.query_params}
    state: Filters | None = st.session_state.get(_STATE)
    page_changed = st.session_state.get(_PAGE) != page
    if state is None or (url != filters.params(state) and (url or not page_changed)):
        state, st.session_state[_NOTICES] = filters.parse(url, names, domains)
        _fill(state)
    else:
        state, dropped = filters.known_only(state, names, domains)
        if dropped:
            st.session_state[_NOTICES] = dropped
            _fill(state)
    chosen = _row(state, names, domains) if shown else state
    if chosen != state:
        st.session_state[_NOTICES] = []
    st.session_state[_STATE], st.session_state[_PAGE] = chosen, page
    _write(chosen)
    return chosen, st.session_state[_NOTICES]


def _row(state: Filters, names: dict[str, str], domains: list[str]) -> Filters:
    for key in filters.KEYS:
        # a change of page forgets what widgets hold
        if _key(key) not in st.session_state:
            _fill(state)
    with st.container(key="filters"):
        period, team, domain, path, by = st.columns([2.2, 4, 3.2, 2.6, 1.8], vertical_alignment="bottom")
        return Filters(
            period=period.selectbox(
                "Period", list(filters.PERIODS), format_func=filters.PERIODS.__getitem__, key=_key("period")
            ),
            team=tuple(
                team.multiselect(
                    "Teams",
                    list(names),
                    format_func=names.__getitem__,
                    key=_key("team"),
                    placeholder="All teams",
                    wrap=False,
                )
            ),
            domain=tuple(
                domain.multiselect("Domains", domains, key=_key("domain"), placeholder="All domains", wrap=False)
            ),
            path=path.selectbox(
                "Path to production", list(filters.PATHS), format_func=filters.PATHS.__getitem__, key=_key("path")
            ),
            by=by.selectbox("Drawn by", list(filters.GRAINS), format_func=filters.GRAINS.__getitem__, key=_key("by")),
        )


def _domains(model: Model) -> list[str]:
    return sorted(set(model.table("team")["domain"].drop_nulls()), key=str.casefold)


def _key(name: str) -> str:
    return f"filter-{name}"


def _fill(state: Filters) -> None:
    for key in filters.KEYS:
        value = getattr(state, key)
        st.session_state[_key(key)] = list(value) if isinstance(value, tuple) else value


def _write(chosen: Filters) -> None:
    wanted = filters.params(chosen)
    for key in filters.KEYS:
        if key in wanted:
            if tuple(st.query_params.get_all(key)) != wanted[key]:
                st.query_params[key] = list(wanted[key])
        elif key in st.query_params:
            del st.query_params[key]
