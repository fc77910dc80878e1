"""The mailbox's pages: plain HTML in French, usable with a keyboard, a screen reader, or no style at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from console.mailbox.store import Mail

PARIS = ZoneInfo("Europe/Paris")
STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem; margin: .5rem 0 } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem }
table { border-collapse: collapse; width: 100% } caption { text-align: left; padding: .5rem 0 }
th, td { text-align: left; padding: .5rem; border-bottom: 1px solid #8888; vertical-align: top }
td { overflow-wrap: break-word; min-width: 8rem } time { white-space: nowrap }
dt { font-weight: bold } dd { margin: 0 0 .5rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8888; padding: 1rem; font: inherit }
iframe { width: 100%; height: 24rem; resize: vertical; border: 1px solid #888; background: #fff }
.bar { display: flex; flex-wrap: wrap; gap: 1rem; align-items: last baseline; margin: 1rem 0 } .bar > * { margin: 0 }
input, button { font: inherit; padding: .35rem .6rem } label { display: block }
@media (max-width: 40rem) { td { overflow-wrap: anywhere; min-width: 0 } time { white-space: normal } }
:focus-visible { outline: 3px solid #0a76f6; outline-offset: 2px }
"""
LINK = re.compile(r"https?://[^\s<>\"«»]+[^\s<>\"«».,;:!?)]")


def inbox(mails: Sequence[Mail], to: str, more: bool) -> str:
    """The list. `to` is the filter in force; `more` says that older mails exist."""
    rows = "".join(
        f'<tr><td><a href="/messages/{mail.id}">{escape(mail.subject) or "(sans objet)"}</a></td>'
        f"<td>{escape(mail.recipients)}</td><td>{_time(mail.at)}</td></tr>"
        for mail in mails
    )
    table = (
        "<table><caption>Les plus récents d'abord</caption><thead><tr>"
        '<th scope="col">Objet</th><th scope="col">À</th><th scope="col">Reçu</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )
    older = ""
    if more:
        link = urlencode({"to": to, "before": mails[-1].id})
        older = f'<p><a href="/?{escape(link)}">Messages plus anciens</a></p>'
    return _page(
        "Boîte aux lettres",
        f"""<p>Les courriels que Guichet envoie arrivent ici et ne vont pas plus loin.</p>
<div class="bar">
<form action="/" method="get" role="search"><label for="to">Adresse du destinataire</label>
<input id="to" name="to" type="email" value="{escape(to)}" autocomplete="off"> <button>Filtrer</button></form>
<a href="/">Actualiser</a>
<form action="/vider" method="post"><button>Vider la boîte</button></form>
</div>
{table if mails else "<p>Aucun message.</p>"}{older}""",
    )


def message(mail: Mail, text: str | None, html: bool, attachments: Sequence[str]) -> str:
    """One mail."""
    pieces = "".join(f"<li>{escape(name)}</li>" for name in attachments)
    parts = [
        f"""<p><a href="/">Retour à la liste</a></p>
<dl><dt>De</dt><dd>{escape(mail.sender) or "(vide)"}</dd><dt>À</dt><dd>{escape(mail.recipients)}</dd>
<dt>Reçu</dt><dd>{_time(mail.at)}</dd></dl>"""
    ]
    if html:
        parts.append(
            '<h2>Version mise en page</h2><iframe title="Le message mis en page" '
            'sandbox="allow-popups allow-popups-to-escape-sandbox" '
            f'src="/messages/{mail.id}/html"></iframe>'
        )
    if text is not None:
        parts.append(f"<h2>Version en texte</h2><pre>{_linked(text)}</pre>")
    if pieces:
        parts.append(f"<h2>Pièces jointes</h2><ul>{pieces}</ul>")
    parts.append(f'<p><a href="/messages/{mail.id}/source">Source du message</a></p>')
    return _page(mail.subject or "(sans objet)", "\n".join(parts))


def missing() -> str:
    """404."""
    return _page(
        "Message introuvable", "<p>Ce message n'existe pas, ou n'existe plus.</p><p><a href=\"/\">Retour</a></p>"
    )


def framed(html: str) -> str:
    """A mail's HTML for the frame: its links open beside, since the pages they lead to refuse to be framed."""
    return '<base target="_blank" rel="noopener">' + html


def _page(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} – Boîte aux lettres de Guichet</title><style>{STYLE}</style></head>
<body><main><h1>{escape(title)}</h1>
{content}
</main></body></html>"""


def _linked(text: str) -> str:
    """The text, escaped, with its addresses as links."""
    pieces, last = [], 0
    for found in LINK.finditer(text):
        link = escape(found[0])
        pieces += [escape(text[last : found.start()]), f'<a href="{link}" rel="noopener noreferrer">{link}</a>']
        last = found.end()
    return "".join([*pieces, escape(text[last:])])


def _time(at: str) -> str:
    local = datetime.fromisoformat(at).astimezone(PARIS)
    return f'<time datetime="{escape(at)}">{local:%d/%m/%Y, %H:%M:%S}</time>'
