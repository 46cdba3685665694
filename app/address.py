"""Choices of one page that live in the URL, beside the filters that all pages share."""

from collections.abc import Mapping, Sequence

import streamlit as st


def remembered(name: str, label: str, options: Sequence[str], titles: Mapping[str, str]) -> str:
    """A choice among options, the first by default, that a link and a reload keep.

    What a link names and is not there is ignored.
    """
    key, kept = f"choice-{name}", f"chosen {name}"
    given = st.query_params.get(name)
    if given in options and given != st.session_state.get(kept):
        st.session_state[key] = given
    if st.session_state.get(key) not in options:
        st.session_state[key] = st.session_state.get(kept) if st.session_state.get(kept) in options else options[0]
    chosen: str = st.selectbox(label, options, format_func=titles.__getitem__, key=key)
    st.session_state[kept] = chosen
    if chosen == options[0]:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != chosen:
        st.query_params[name] = chosen
    return chosen
