"""The dashboard's table of contents."""

from pathlib import Path

import streamlit as st

from app.page import around
from app.views import adoption, data, delivery, listening, overview, pain, pipelines, team

st.set_page_config(page_title="Uptake", page_icon=Path(__file__).with_name("icon.svg"), layout="wide")
chosen = st.navigation(
    [
        st.Page(overview.page, title="Overview", url_path="overview", default=True),
        st.Page(adoption.page, title="Adoption", url_path="adoption"),
        st.Page(delivery.page, title="Delivery", url_path="delivery"),
        st.Page(pipelines.page, title="Pipelines", url_path="pipelines"),
        st.Page(pain.page, title="Pain and priorities", url_path="pain"),
        st.Page(listening.page, title="Listening", url_path="listening"),
        st.Page(team.page, title="Team", url_path="team"),
        st.Page(data.page, title="Data", url_path="data"),
    ],
    position="top",
)
around(chosen.title, chosen.run)
