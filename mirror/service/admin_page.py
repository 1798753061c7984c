"""The admin page as HTML: no script, nothing from anywhere else."""

from __future__ import annotations

from html import escape

from mirror.config import Settings
from mirror.service.admin_config import FIELDS, Field, value_of
from mirror.service.pages import digest

STYLE = """
:root{color-scheme:light dark}
body{font:18px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#16181b;
background:#fbfaf8}
h1{font-size:1.6rem}fieldset{border:1px solid #c9c6be;border-radius:12px;margin:0 0 1.2rem;padding:.8rem 1rem}
legend{font-weight:600;padding:0 .4rem}p.help{margin:.2rem 0 0;color:#555a60;font-size:.9rem}
label.tick{display:inline-block;min-width:9rem;padding:.35rem 0}
input[type=text],input[type=password],select{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}
button{font:inherit;font-weight:600;padding:.7rem 1.6rem;border-radius:30px;border:2px solid #16181b;background:#ddf05a;
color:#16181b;cursor:pointer}button.plain{background:transparent;color:inherit;border-color:currentColor}
p.told{border-left:6px solid #16181b;padding:.4rem .8rem;background:#efede7}p.wrong{border-left-color:#e5484d}
@media(prefers-color-scheme:dark){body{color:#f6f5f1;background:#17191c}p.help{color:#b4b7bb}p.told{background:#25282c}}
"""
POLICY = (f"default-src 'none'; style-src {digest(STYLE)}; form-action 'self'; frame-ancestors 'none'; "
          "base-uri 'none'")
"""The content security policy: no script at all, this one style."""


def sign_in(told: str = "") -> str:
    """The page that asks for the password."""
    return _page("Mirror: sign in", f"""{_told(told, wrong=True)}
<form method="post" action="/sign-in"><fieldset><legend><label for="password">Password</label></legend>
<input type="password" id="password" name="password" autocomplete="current-password" required autofocus>
</fieldset><button>Sign in</button></form>""")


def settings_page(settings: Settings, token: str, told: str = "", *, wrong: bool = False) -> str:
    """The form with what holds now; ``token`` proves that a post comes from it."""
    hidden = f'<input type="hidden" name="token" value="{escape(token)}">'
    fields = "\n".join(_field(field, settings) for field in FIELDS)
    return _page("Mirror: settings", f"""{_told(told, wrong=wrong)}
<form method="post" action="/settings">{hidden}
{fields}
<button>Save</button><p class="help">The mirror takes them up when it is started again.</p></form>
<form method="post" action="/sign-out">{hidden}<button class="plain">Sign out</button></form>""")


def _field(field: Field, settings: Settings) -> str:
    value, name, html = value_of(settings, field), escape(field.name), ""
    if field.many:
        html = "".join(
            f'<label class="tick"><input type="checkbox" name="{name}" value="{escape(word)}"'
            f'{" checked" if word in value else ""}> {escape(word)}</label>' for word in field.choices)
    elif field.choices:
        options = "".join(f'<option{" selected" if word == value else ""}>{escape(word)}</option>'
                          for word in field.choices)
        html = f'<select name="{name}" aria-label="{escape(field.label)}">{options}</select>'
    elif field.hint is bool:
        html = (f'<label class="tick"><input type="checkbox" name="{name}"{" checked" if value else ""}> '
                f'{escape(field.label)}</label>')
    else:
        html = f'<input type="text" name="{name}" value="{escape(str(value))}" aria-label="{escape(field.label)}">'
    return (f"<fieldset><legend>{escape(field.label)}</legend>{html}"
            f'<p class="help">{escape(field.help)}</p></fieldset>')


def _told(told: str, *, wrong: bool) -> str:
    return f'<p class="told{" wrong" if wrong else ""}" role="status">{escape(told)}</p>' if told else ""


def _page(title: str, body: str) -> str:
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
            f"<body><h1>{escape(title)}</h1>\n{body}</body></html>")
