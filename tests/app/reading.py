"""A page as a script run shows it, without a browser: its titles, and what a reader sees of its HTML."""

from collections.abc import Callable
from html.parser import HTMLParser

from streamlit.testing.v1 import AppTest

TITLES = {
    "overview": "Overview",
    "adoption": "Adoption",
    "delivery": "Delivery",
    "pipelines": "Pipelines",
    "pain": "Pain and priorities",
    "listening": "Listening",
    "team": "Team",
    "data": "Data",
}
"""Module of a page -> its title."""
Open = Callable[..., AppTest]


class Text(HTMLParser):
    """What a reader sees of HTML, the tags that it is made of, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def seen(test: AppTest) -> str:
    """All text of a page that stands in HTML."""
    return " ".join(parsed(test).parts)


def parsed(test: AppTest) -> Text:
    text = Text()
    for element in test.get("html"):
        text.feed(element.proto.body)
    return text
