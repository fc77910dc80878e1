"""The texts of the mails: a folder per template with `subject.txt`, `body.txt` and `body.html`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifier.adapters import french
from services.notifier.adapters.typesetting import typeset

_BLANKS = re.compile(r"\n{3,}")
FOLDER = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Texts:
    """A rendered mail."""

    subject: str
    text: str
    html: str


class Templates:
    """Renders the templates of this package. What people typed is a value, never a part of a template."""

    def __init__(self, *, site: str, departement: str) -> None:
        self._environment = Environment(
            loader=_Typeset(FOLDER),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            finalize=french.seen,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals |= {"site": site.rstrip("/"), "departement": departement}
        self._environment.filters |= {
            "day": french.day,
            "instant": french.instant,
            "one_line": french.one_line,
            "quoted": french.quoted,
            "lines": french.lines,
        }
        self._environment.globals["person"] = french.person

    def render(self, template: str, values: Mapping[str, object]) -> Texts:
        """One mail. Raises jinja2.UndefinedError when a template asks for a value that is not there."""
        subject = french.one_line(self._environment.get_template(f"{template}/subject.txt").render(values))
        known = {**values, "subject": subject}
        return Texts(
            subject,
            _BLANKS.sub("\n\n", self._environment.get_template(f"{template}/body.txt").render(known)).strip() + "\n",
            self._environment.get_template(f"{template}/body.html").render(known).strip() + "\n",
        )


class _Typeset(BaseLoader):
    def __init__(self, folder: Path) -> None:
        self._files = FileSystemLoader(folder)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, name, fresh = self._files.get_source(environment, template)
        return typeset(source), name, fresh
