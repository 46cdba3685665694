"""x"""

from app.page import show


def page() -> None:
    show("delivery", lambda view: None)
