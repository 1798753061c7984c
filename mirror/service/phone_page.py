"""The pages that a telephone gets: the remote of a visit, and the pieces of a look. Nothing from anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from mirror.domain import Item
from mirror.service.pages import digest
from mirror.ui.phone import PhoneButton, PhoneRow, PhoneView
from mirror.ui.screens import Intent
from mirror.ui.words import Words

STYLE = """
:root{color-scheme:light dark;--plate:#fbfaf8;--sunk:#efede7;--ink:#16181b;--ink2:#555a60;--line:#c9c6be}
*{box-sizing:border-box}
body{margin:0;background:var(--sunk);color:var(--ink);font:18px/1.35 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","PingFang SC","Noto Sans SC",sans-serif;-webkit-text-size-adjust:100%}
main{display:flex;flex-direction:column;gap:14px;min-height:100vh;min-height:100dvh;max-width:34rem;margin:0 auto;
padding:20px 16px calc(20px + env(safe-area-inset-bottom))}
.card{background:var(--plate);border-radius:24px;padding:18px 20px;min-height:116px;display:flex;flex-direction:column;
justify-content:center}
h1{font-size:1.5rem;line-height:1.2;margin:0;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1rem;margin:0 4px 6px;font-weight:600;color:var(--ink2)}
p{margin:6px 0 0;color:var(--ink2)}p.line{font-size:1.15rem;color:var(--ink);font-weight:600}
form{display:flex;flex-direction:column;gap:12px;flex:1}
.row{display:flex;gap:10px}.row.chips{flex-wrap:wrap;gap:8px}.row.stop{margin-top:auto}
button,a.button{font:inherit;font-weight:600;color:inherit;background:var(--plate);border:1.5px solid var(--line);
border-radius:20px;padding:10px 12px;min-height:56px;flex:1 1 0;cursor:pointer;overflow-wrap:anywhere;
touch-action:manipulation;-webkit-tap-highlight-color:transparent}
.row.pair button{min-height:84px;font-size:1.15rem}
.row.chips button{flex:1 1 auto;min-width:64px;min-height:52px;border-radius:16px;font-weight:500}
button[aria-pressed=true]{background:#ddf05a;color:#16181b;border:2.5px solid #16181b;font-weight:700}
.row.stop button,button.go{background:var(--ink);color:var(--plate);border-color:var(--ink)}
button:active{transform:scale(.98)}button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
ul{list-style:none;margin:0;padding:0;display:grid;gap:14px}
li{background:var(--plate);border-radius:24px;overflow:hidden}
li img{display:block;width:100%;aspect-ratio:1;object-fit:contain;background:#e9e7e1}
li div{padding:14px 20px 18px}
bdi{unicode-bidi:isolate}
@media(prefers-color-scheme:dark){:root{--plate:#25282c;--sunk:#17191c;--ink:#f6f5f1;--ink2:#b4b7bb;--line:#43474d}}
@media(prefers-reduced-motion:reduce){button:active{transform:none}}
"""
SCRIPT = """
(()=>{const m=document.getElementById('m');let over=false;
document.addEventListener('submit',e=>{const b=e.submitter;if(!b||!b.name)return;e.preventDefault();
if(navigator.vibrate)navigator.vibrate(12);
fetch(e.target.action,{method:'POST',body:new URLSearchParams([[b.name,b.value]]),redirect:'manual'}).catch(()=>{})});
const wait=s=>new Promise(r=>setTimeout(r,s));
(async()=>{while(!over){const at=m.firstElementChild;try{
const r=await fetch(at.dataset.state+'?after='+at.dataset.number);
if(r.status==429||r.status>=500){await wait(1500);continue}
const f=document.activeElement,v=f&&f.value,t=await r.text();over=r.status!=200;
if(r.status==200&&t===m.innerHTML)continue;
m.innerHTML=t;document.documentElement.lang=m.firstElementChild.lang;
if(v)for(const b of m.querySelectorAll('button'))if(b.value===v)b.focus({preventScroll:true});
}catch(e){await wait(1500)}}})()})()
"""
"""Presses without leaving the page, and asks what the mirror shows now. Without a script the forms do the same."""
RELOAD_S = 4
"""Without a script the page is asked for anew so often."""

_BASE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
POLICY = f"{_BASE}; style-src {digest(STYLE)}"
"""Of a page with nothing but forms."""
REMOTE_POLICY = f"{POLICY}; script-src {digest(SCRIPT)}; connect-src 'self'"
LOOK_POLICY = f"{POLICY}; img-src 'self'"


def told_page(words: Words, title: str, line: str = "") -> str:
    """One thing to say, and nothing to press."""
    return _page(words, title, _told(words.language, title, line, rtl=words.rtl))


def over(words: Words) -> str:
    """The visit of a link is over: what stands in a page that was open."""
    return _told(words.language, words("p_over"), words("p_over2"), rtl=words.rtl)


def join_page(words: Words) -> str:
    """The mirror's invitation: one button, and what it does. Only the press takes it up, for apps that read codes look
    ahead at a link."""
    return _page(words, words("p_join"), _main(words.language, _card(
        words("phone"), words("p_join2")), f"""<form method="post"><div class="row"><button class="go">{
            escape(words("p_join"))}</button></div></form>""", rtl=words.rtl))


def remote_page(words: Words, key: str, number: int, view: PhoneView) -> str:
    """The remote as it stands now."""
    again = f'<noscript><meta http-equiv="refresh" content="{RELOAD_S}"></noscript>'
    return _page(words, words("p_join"), remote(key, number, view), head=again, script=SCRIPT)


def remote(key: str, number: int, view: PhoneView) -> str:
    """What of the remote changes."""
    rows = "".join(_row(row) for row in view.rows)
    return _main(view.language, _card(view.title, view.line, view.note, strong=True), (
        f'<form method="post" action="/p/{escape(key)}/press">{rows}</form>'), rtl=view.rtl,
        data=f' data-number="{number}" data-state="/p/{escape(key)}/state"')


def look_page(words: Words, items: Sequence[Item]) -> str:
    """The pieces of a look: picture, title, price, sizes in stock."""
    return _page(words, words("look_title"), _main(words.language, _card(words("look_title")), (
        f"<ul>{''.join(_piece(words, item) for item in items)}</ul>"), rtl=words.rtl))


def _piece(words: Words, item: Item) -> str:
    sizes = f'{escape(words("c_size"))}: <bdi>{escape(" · ".join(item.sizes))}</bdi>' if item.sizes else ""
    stock = sizes if item.in_stock else escape(words("sold_out"))
    price = escape(words.price(item.price, item.currency))
    return (f'<li><img src="/picture?id={escape(quote(item.id, safe=""))}" alt="" loading="lazy">'
            f'<div><h1 dir="auto">{escape(item.title)}</h1><p class="line"><bdi>{price}</bdi></p>'
            f'{f"<p>{stock}</p>" if stock else ""}</div></li>')


def _row(row: PhoneRow) -> str:
    title = f"<h2>{escape(row.title)}</h2>" if row.title else ""
    buttons = "".join(_button(button, tells=row.kind == "chips" or button.act is Intent.KEEP) for button in row.buttons)
    group = f'<div class="row {row.kind}">{buttons}</div>'
    return f'<section aria-label="{escape(row.title)}">{title}{group}</section>' if title else group


def _button(button: PhoneButton, *, tells: bool) -> str:
    pressed = f' aria-pressed="{"true" if button.marked else "false"}"' if tells else ""
    return f'<button name="do" value="{escape(button.word)}"{pressed}>{escape(button.label)}</button>'


def _told(language: str, title: str, line: str, *, rtl: bool) -> str:
    return _main(language, _card(title, line), rtl=rtl)


def _card(title: str, line: str = "", note: str = "", *, strong: bool = False) -> str:
    told = f'<p{" class=line" if strong else ""}><bdi>{escape(line)}</bdi></p>' if line else ""
    return (f'<div class="card" aria-live="polite"><h1 dir="auto">{escape(title)}</h1>{told}'
            f'{f"<p>{escape(note)}</p>" if note else ""}</div>')


def _main(language: str, *parts: str, rtl: bool, data: str = "") -> str:
    return (f'<main lang="{escape(language)}" dir="{"rtl" if rtl else "ltr"}"{data}>{"".join(parts)}</main>')


def _page(words: Words, title: str, main: str, *, head: str = "", script: str = "") -> str:
    told = f"<script>{script}</script>" if script else ""
    return (f'<!doctype html><html lang="{escape(words.language)}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover">'
            f'<meta name="robots" content="noindex">{head}<title>{escape(title)}</title><style>{STYLE}</style></head>'
            f'<body><div id="m">{main}</div>{told}</body></html>')
