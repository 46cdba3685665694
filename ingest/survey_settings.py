"""The settings of the sources that bring surveys."""

from pathlib import Path
from typing import Literal

from ingest.tables import Entry


class SurveySettings(Entry):
    """Exports of survey tools in a folder, and the mapping that tells what their columns mean."""

    kind: Literal["survey"]
    path: Path
    mapping: Path
