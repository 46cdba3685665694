"""CDEvents as they come: bare, or in a CloudEvent, whose context is in the request's headers or around the data."""

from base64 import b64decode
from collections.abc import Mapping
from email.message import Message
from typing import Any
from urllib.parse import unquote

from pydantic_core import from_json

BATCH = "application/cloudevents-batch"
CONTEXT = {"id": "id", "source": "source", "type": "type", "time": "timestamp"}
"""A CloudEvent's attribute -> that of a CDEvent's context which means the same."""


def events(body: bytes, headers: "Message[str, str]") -> list[Any]:
    """The CDEvents of a request, in whatever content mode. Raises ValueError when they are none."""
    try:
        content = from_json(body)
    except ValueError:
        raise ValueError("the body is not JSON") from None
    if isinstance(content, list):
        return [unwrapped(each) for each in content]
    if headers.get("Content-Type", "").startswith(BATCH):
        raise ValueError("a batch is a list of events")
    # binary mode: the data is the body, and the attributes are headers, percent-encoded
    attributes = {name: unquote(value) for name in CONTEXT if (value := headers.get(f"ce-{name}"))}
    return [_completed(unwrapped(content), attributes)]


def unwrapped(content: Any) -> Any:
    """The CDEvent in a CloudEvent in structured mode; one that is bare as it is. Raises ValueError."""
    if not isinstance(content, dict) or "context" in content or "specversion" not in content:
        return content
    data = content.get("data")
    if data is None and isinstance(content.get("data_base64"), str):
        data = b64decode(content["data_base64"], validate=True)
    if isinstance(data, str | bytes):
        try:
            data = from_json(data)
        except ValueError:
            raise ValueError("data: is not JSON") from None
    return _completed(data, {name: content[name] for name in CONTEXT if name in content})


def _completed(event: Any, attributes: Mapping[str, Any]) -> Any:
    """Adds what only the CloudEvent says of the context; what the CDEvent says itself counts."""
    if not attributes or not isinstance(event, dict):
        return event
    context = event.get("context", {})
    if not isinstance(context, dict):
        return event
    return {**event, "context": {CONTEXT[name]: value for name, value in attributes.items()} | context}
