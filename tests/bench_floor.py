"""The least that a dashboard could be: the navigation, one filter, one figure. What Streamlit and Plotly take alone."""

import plotly.graph_objects as go
import streamlit as st

from app.filters import PERIODS, USUAL
from tests.app.browser import PAGES


def _page() -> None:
    period = st.selectbox("Period", list(PERIODS), list(PERIODS).index(USUAL), key="period", bind="query-params")
    st.html(f'<h1>Floor</h1><p class="context">{period}</p>')
    st.plotly_chart(go.Figure(go.Bar(y=[len(period), 1, 2])), key="figure")


st.navigation(
    [st.Page(_page, title=title, url_path=path or "overview") for title, path in PAGES.items()], position="top"
).run()
