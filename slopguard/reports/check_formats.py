"""The formats of a check by their names; importing this imports none of them."""

from __future__ import annotations

from importlib import import_module

from slopguard.check.model import Checked
from slopguard.reports.problems import PLAIN, View

FORMATS = {
    "text": "check_text",
    "json": "check_json",
    "sarif": "sarif",
    "markdown": "markdown",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
}
"""What `--format` takes, and the module that writes it."""


def render(form: str, checked: Checked, view: View = PLAIN) -> str:
    """The report in one of `FORMATS`, without a line break at its end."""
    text: str = import_module(f"slopguard.reports.{FORMATS[form]}").report(checked, view)
    return text
