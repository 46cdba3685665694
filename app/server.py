"""The dashboard as a server: loads what pages need before the first reader comes, and says calmly when one fails."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

_PARTS = ("Html", "Selectbox", "Multiselect", "PlotlyChart")
"""Parts of Streamlit's front end that pages need, as their files are called before the first dot."""


class Early:
    """Names with every HTML page the parts that it will need, so that a browser loads them side by side with the rest.

    Else it asks for each when the first element of its kind comes, and for the drawing of charts, the largest, last.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        folder = Path(st.__file__).parent / "static" / "static" / "js"
        files = [file.name for part in _PARTS for file in folder.glob(f"{part}.*.js")]
        how = "rel=modulepreload; fetchpriority=low"
        self.links = [(b"link", f"<./static/js/{file}>; {how}".encode()) for file in files]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                kinds = [value for name, value in message["headers"] if name == b"content-type"]
                if any(kind.startswith(b"text/html") for kind in kinds):
                    message["headers"] = [*message["headers"], *self.links]
            await send(message)

        await self.app(scope, receive, named)


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


app = st.App("main.py", lifespan=_loaded, middleware=[Middleware(Early)], on_script_error=_failed)
