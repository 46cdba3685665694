"""The settings of the sources that bring surveys."""

from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from ingest.tables import ApiSettings, Entry


class SurveySettings(Entry):
    """Exports of survey tools in a folder, and the mapping that tells what their columns mean."""

    kind: Literal["survey"]
    path: Path
    mapping: Path


class TypeformSettings(ApiSettings):
    """Responses of Typeform's API; the waves of the mapping name the forms."""

    kind: Literal["typeform"]
    base_url: str = "https://api.typeform.com"
    mapping: Path

    @model_validator(mode="after")
    def _token(self) -> Self:
        if not self.has_token:
            raise ValueError("needs token_env or token_file: Typeform shows responses to nobody without a token")
        return self
