"""x"""

from app.page import show


def page() -> None:
    show("data", lambda view: None)
