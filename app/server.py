"""The dashboard as a server: loads what pages need before the first reader comes, and says calmly when one fails."""

import importlib

import streamlit as st

# a page that loads these itself takes seconds to come; whoever starts the server does not mind
for _name in ("app.views.overview", "app.views.delivery", "app.views.pain", "app.views.data"):
    importlib.import_module(_name)


def _failed(error: Exception) -> bool:
    """Shown instead of a traceback, which stands in the server's log."""
    from app import figures

    st.html(
        figures.notice(
            [
                "This page met a fault of the program, and what is missing here is not your data.",
                f"The server's log says more ({type(error).__name__}). The other pages go on working.",
            ]
        )
    )
    return True


app = st.App("main.py", on_script_error=_failed)
