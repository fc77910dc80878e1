"""Pages read as a browser reads them: their skeleton, their texts, their forms."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "path"}
    | {"circle", "rect", "line", "use", "polyline"}
)
ACTIVE = frozenset({"script", "iframe", "object", "embed", "base", "style", "link", "meta", "frame", "applet"})
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "poster", "srcset"})

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Form:
    """Where it is sent, how, and its fields as a browser would send them: of choices the first that says something."""

    action: str
    method: str
    multipart: bool
    fields: tuple[tuple[str, str], ...]


class Reading(HTMLParser):
    """One page: `elements` with their attributes, `texts`, `forms`, and what is left open at its end."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.texts: list[str] = []
        self.forms: list[Form] = []
        self.open: list[str] = []
        self.crossed: list[str] = []
        self._form: list[tuple[str, str]] | None = None
        self._head: tuple[str, str, bool] = ("", "get", False)
        self._area: str | None = None
        self._select: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.elements.append((tag, attrs))
        if tag not in VOID:
            self.open.append(tag)
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            multipart = known.get("enctype") == "multipart/form-data"
            self._head, self._form = (known.get("action", ""), known.get("method", "get").lower(), multipart), []
        elif self._form is None or "name" not in known:
            if tag == "option" and self._form is not None and self._select is not None:
                self._choose(known.get("value", ""), "selected" in known)
        elif tag == "textarea":
            self._area = known["name"]
            self._form.append((known["name"], ""))
        elif tag == "select":
            self._select = known["name"]
            self._form.append((known["name"], ""))
        elif tag in ("input", "button") and known.get("type") != "file":
            self._form.append((known["name"], known.get("value", "")))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.elements.append((tag, attrs))

    def _choose(self, value: str, selected: bool) -> None:
        assert self._form is not None
        name, before = self._form[-1]
        if name == self._select and (selected or not before):
            self._form[-1] = (name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            action, method, multipart = self._head
            self.forms.append(Form(action, method, multipart, tuple(self._form)))
            self._form = None
        self._area = None if tag == "textarea" else self._area
        self._select = None if tag == "select" else self._select
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._area is not None and self._form:
            self._form[-1] = (self._area, self._form[-1][1] + data.removeprefix("\n"))

    @property
    def text(self) -> str:
        """All that is written on it."""
        return "".join(self.texts)


def forms_of(html: str) -> list[Form]:
    """The forms of a page."""
    return Reading(html).forms


def intrusions(html: str) -> list[str]:
    """What no page of ours holds: code in it, an address elsewhere, an element that was not closed."""
    page, found = Reading(html), []
    for tag, attrs in page.elements:
        known = {name: value or "" for name, value in attrs}
        ours = known.get("src", known.get("href", "")).startswith("/static/") or tag == "meta"
        if tag in ACTIVE and not ours:
            found.append(f"<{tag} {known}>")
        found += [f"<{tag} {name}=…>" for name in known if name.startswith("on") or name == "style"]
        found += [
            f"<{tag} {name}={known[name][:60]}>"
            for name in ADDRESSES & known.keys()
            if not known[name].startswith(("/", "#", "?", "mailto:", "tel:", "https://", "otpauth://totp/"))
            or known[name][:2] == "//"
        ]
        if len({name for name, _ in attrs}) != len(attrs):
            found.append(f"<{tag}> has an attribute twice")
    if page.crossed or page.open:
        found.append(f"crossed {page.crossed[:5]}, open {page.open[:5]}")
    return found
