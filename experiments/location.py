"""Where things lie unless the user says otherwise: the repository, the work folder, the store."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
WORK = ROOT / "work"
SQLITE = "sqlite:///"


def store_uri() -> str:
    """MLFLOW_TRACKING_URI, or the SQLite file in the repository root."""
    return absolute(os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{ROOT / 'mlflow.db'}")


def absolute(uri: str) -> str:
    """The URI with the path of an SQLite file made absolute, so that every process means the same file."""
    if uri.startswith(SQLITE):
        return f"{SQLITE}{Path(uri.removeprefix(SQLITE)).absolute()}"
    return uri
