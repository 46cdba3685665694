"""x"""

from app.page import show


def page() -> None:
    show("pain", lambda view: None)
