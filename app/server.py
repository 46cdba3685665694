"""The dashboard as a server: loads what pages need before the first reader comes, and says calmly when one fails."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

_NEEDED = (
    "app.views.overview",
    "app.views.adoption",
    "app.views.delivery",
    "app.views.pipelines",
    "app.views.pain",
    "app.views.listening",
    "app.views.team",
    "app.views.data",
    "pyarrow",
    "pandas",
)
"""The pages, and what the first query and the first table would load."""


@asynccontextmanager
async def _loaded(_: st.App) -> AsyncIterator[dict[str, object]]:
    """A page that loads polars, plotly and duckdb itself takes seconds to come; who starts the server does not mind."""
    for module in _NEEDED:
        importlib.import_module(module)
    yield {}


def _failed(error: Exception) -> bool:
    """Shown instead of a traceback, which stands in the server's log."""
    from app import figures

    st.html(
        figures.notice(
            [
                "This page met a fault of the program; what is missing here is not missing in your data.",
                f"The server's log says more ({type(error).__name__}). The other pages go on working.",
            ]
        )
    )
    return True


app = st.App("main.py", lifespan=_loaded, on_script_error=_failed)
