"""The goods of the sample shop: which garments, in which cloths and colours, for whom and at what price.

A line is one recipe in several styles. A colour is a palette name, or ``Word=base/second/third`` where Word stands in
the title (``Navy=white/navy``: a white ground with navy stripes is sold as navy striped).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from catalog.drawing.cloth import Fabric

LEATHER: dict[str, Any] = dict(weave="leather", shine=0.28, crease=0.9)
SUEDE: dict[str, Any] = dict(weave="suede", shine=0.02, crease=0.9)
SATIN: dict[str, Any] = dict(weave="satin", shine=0.34, crease=1.15)
NYLON: dict[str, Any] = dict(weave="nylon", shine=0.22, crease=1.1)
POPLIN: dict[str, Any] = dict(weave="poplin")
LINEN: dict[str, Any] = dict(weave="linen", crease=1.35)
DENIM: dict[str, Any] = dict(weave="denim")
TWILL: dict[str, Any] = dict(weave="twill")
WOOL: dict[str, Any] = dict(weave="wool", shine=0.02)
RIB: dict[str, Any] = dict(weave="rib")
MARL: dict[str, Any] = dict(weave="marl")


@dataclass(frozen=True)
class Style:
    """Several colours of one thing: the title with a place for the colour, who it is for, a price range in euro."""

    key: str
    category: str
    recipe: str
    title: str
    gender: str
    prices: tuple[int, int]
    colours: str
    fabric: dict[str, Any]
    options: dict[str, Any]
    age: str = ""


def _style(place: str, title: str, gender: str, prices: tuple[int, int], colours: str, fabric: dict[str, Any] | None = None,
           age: str = "", **options: Any) -> Style:
    category, key, recipe = place.split(":")
    return Style(key, category, recipe, title, gender, prices, colours, fabric or {}, options, age)


def _stripe(kind: str = "breton", period: int = 0, **more: Any) -> dict[str, Any]:
    return dict(pattern=kind, period=period, **more)


TOPS = (
    _style("top:tee:tee", "{} tee", "men", (15, 29), "white,navy,sage", fit="men"),
    _style("top:tee:tee", "{} tee", "women", (15, 29), "white,blush,red", fit="women"),
    _style("top:tee:tee", "{} marl tee", "men", (19, 29), "grey,light grey,blue", MARL, fit="men"),
    _style("top:tee:tee", "{} striped tee", "women", (19, 35), "Navy=white/navy,Red=white/red,Black=black/white", _stripe(), fit="women"),
    _style("top:tee:tee", "{} striped tee", "men", (19, 35), "Green=cream/forest,Navy=navy/white,Blue=white/blue", _stripe("broad", 44), fit="men"),
    _style("top:tee:tee", "{} boxy tee", "unisex", (25, 39), "ecru,black,mustard", boxy=True),
    _style("top:tee:tee", "{} V-neck tee", "men", (19, 29), "navy,olive", vee=True, fit="men"),
    _style("top:tee:tee", "{} V-neck tee", "women", (19, 29), "grey,coral,black", vee=True, fit="women"),
    _style("top:tee:tee", "Kids' {} striped tee", "unisex", (12, 19), "yellow=white/yellow,red=white/red", _stripe("breton", 28), "child", boxy=True),
    _style("top:tank:tank", "{} rib tank", "women", (12, 25), "rust,sage", RIB, fit="women"),
    _style("top:tank:tank", "{} tank", "men", (12, 25), "grey,olive", fit="men"),
    _style("top:polo:polo", "{} polo", "men", (29, 59), "navy,forest", dict(weave="waffle"), fit="men", tipped=""),
    _style("top:polo:polo", "{} tipped polo", "men", (35, 59), "navy,green,cream", dict(weave="waffle"), fit="men", tipped="mustard"),
    _style("top:polo:polo", "{} polo", "women", (29, 49), "pink,sky", dict(weave="waffle"), fit="women"),
    _style("top:rib:rib_top", "{} rib-knit top", "women", (25, 45), "ecru,rust,teal", RIB),
)

SHIRTS = (
    _style("shirt:oxford:shirt", "{} oxford shirt", "men", (39, 69), "sky,pink", POPLIN, fit="men", buttoned=True),
    _style("shirt:stripe:shirt", "{} striped shirt", "men", (45, 69), "Blue=white/sky,Navy=white/navy", _stripe("bengal", **POPLIN), fit="men"),
    _style("shirt:stripe:shirt", "{} striped shirt", "women", (39, 65), "Pink=white/pink,Rust=cream/terracotta",
           _stripe("bengal", 10, **POPLIN), fit="women"),
    _style("shirt:check:shirt", "{} check shirt", "men", (39, 65), "Red=red/black/cream,Green=forest/navy/mustard,Blue=sky/navy/white",
           _stripe("tartan", **POPLIN), fit="men"),
    _style("shirt:check:shirt", "{} check shirt", "women", (39, 59), "Pink=cream/rose/burgundy,Mustard=cream/mustard/brown,Navy=navy/blue/white",
           _stripe("tartan", 40, **POPLIN), fit="women"),
    _style("shirt:gingham:shirt", "{} gingham shirt", "men", (39, 59), "Navy=white/navy,Red=white/red", _stripe("gingham", 14, **POPLIN), fit="men"),
    _style("shirt:linen:shirt", "{} linen shirt", "men", (49, 79), "sage,sand", LINEN, fit="men", short=True, pocket=True),
    _style("shirt:linen:shirt", "{} linen shirt", "women", (49, 79), "terracotta,olive", LINEN, fit="women", pocket=False),
    _style("shirt:denim:denim_shirt", "{} denim shirt", "men", (49, 79), "Blue=denim,Dark=indigo,Black=charcoal", DENIM, fit="men"),
    _style("shirt:denim:denim_shirt", "{} denim shirt", "women", (49, 79), "Light=light blue,Blue=denim", DENIM, fit="women"),
    _style("shirt:flannel:shirt", "{} flannel shirt", "men", (39, 65), "Grey=charcoal/grey/red,Brown=camel/chocolate/cream",
           _stripe("tartan", 56, weave="wool"), fit="men"),
    _style("shirt:camp:shirt", "{} print shirt", "men", (35, 55), "Navy=navy/sky/sage,Coral=coral/cream/teal,Green=forest/butter/sage",
           dict(pattern="floral", **POPLIN), fit="men", short=True),
    _style("shirt:blouse:blouse", "{} blouse", "women", (39, 69), "blush,navy", dict(weave="poplin", crease=1.1)),
    _style("shirt:blouse:blouse", "{} floral blouse", "women", (45, 69), "Pink=blush/burgundy/olive,Navy=navy/pink/sage,Cream=cream/rust/sage",
           dict(pattern="ditsy", weave="poplin")),
    _style("shirt:bow:blouse", "{} bow blouse", "women", (49, 79), "cream,burgundy,lilac", SATIN, bow=True),
    _style("shirt:flutter:blouse", "{} flutter blouse", "women", (35, 59), "coral,sage,sky", dict(weave="poplin"), flutter=True),
)

KNITS = (
    _style("longsleeve:jumper:jumper", "{} jumper", "men", (39, 79), "charcoal,forest,burgundy", dict(weave="knit"), fit="men"),
    _style("longsleeve:jumper:jumper", "{} jumper", "women", (39, 79), "pink,grey,rust", dict(weave="knit"), fit="women"),
    _style("longsleeve:cable:jumper", "{} cable-knit", "unisex", (59, 99), "ecru,forest,grey", dict(weave="cable", thick=1.3), fit="men"),
    _style("longsleeve:roll:jumper", "{} roll-neck", "women", (49, 89), "black,rust,ecru", dict(weave="broad rib"), fit="women", neck="roll"),
    _style("longsleeve:roll:jumper", "{} roll-neck", "men", (49, 89), "charcoal,olive,cream", dict(weave="rib"), fit="men", neck="roll"),
    _style("longsleeve:vee:jumper", "{} V-neck jumper", "men", (39, 69), "burgundy,navy,grey", dict(weave="knit"), fit="men", neck="vee"),
    _style("longsleeve:fairisle:jumper", "{} Fair Isle jumper", "unisex", (59, 89), "Navy=navy/cream/red,Green=forest/cream/mustard,Grey=grey/white/navy",
           dict(pattern="fairisle", weave="knit")),
    _style("longsleeve:stripe:jumper", "{} striped jumper", "women", (45, 75), "Navy=cream/navy,Rust=camel/rust,Pink=pink/red",
           _stripe("broad", 60, weave="knit"), fit="women"),
    _style("longsleeve:breton:long_tee", "{} Breton top", "women", (29, 49), "Navy=white/navy,Red=cream/red", _stripe()),
    _style("longsleeve:tee:long_tee", "{} long-sleeve", "men", (25, 39), "black,olive", fit="men"),
    _style("longsleeve:tee:long_tee", "{} long-sleeve", "women", (25, 39), "blush,black,teal", RIB, fit="women"),
    _style("longsleeve:sweat:sweatshirt", "{} sweatshirt", "unisex", (39, 65), "Grey=grey,Light grey=light grey", MARL),
    _style("longsleeve:sweat:sweatshirt", "{} sweatshirt", "unisex", (39, 65), "navy,lilac,forest"),
    _style("longsleeve:sweat:sweatshirt", "{} logo sweatshirt", "men", (39, 59), "navy,burgundy,black", None, "teen", word="cream"),
    _style("longsleeve:hoodie:hoodie", "{} hoodie", "unisex", (45, 69), "black,navy,sage"),
    _style("longsleeve:hoodie:hoodie", "{} marl hoodie", "unisex", (45, 69), "grey", MARL, cords="black"),
    _style("longsleeve:hoodie:hoodie", "{} zip hoodie", "unisex", (49, 75), "mustard,charcoal,red", zipped=True),
    _style("longsleeve:hoodie:hoodie", "Kids' {} hoodie", "unisex", (25, 35), "yellow,sky,coral", None, "child"),
    _style("longsleeve:cardigan:cardigan", "{} cardigan", "women", (45, 79), "lilac,camel,navy", dict(weave="knit")),
    _style("longsleeve:cardigan:cardigan", "{} long cardigan", "women", (59, 89), "grey,oatmeal=beige,burgundy", dict(weave="broad rib"), long=True),
    _style("longsleeve:cardigan:cardigan", "{} cardigan", "men", (59, 89), "charcoal,olive,navy", dict(weave="cable"), fit="men"),
    _style("longsleeve:soft:cardigan", "{} soft cardigan", "women", (49, 69), "sky,rose", dict(weave="wool"), "senior"),
)

OUTERWEAR = (
    _style("outerwear:coat:coat", "{} wool coat", "women", (149, 249), "camel,grey,navy", dict(weave="herringbone"), fit="women"),
    _style("outerwear:coat:coat", "{} wool coat", "men", (159, 259), "charcoal,camel,navy", dict(weave="herringbone"), fit="men", double=False),
    _style("outerwear:coat:coat", "{} check coat", "women", (159, 239), "Brown=camel/chocolate/cream,Grey=light grey/charcoal/sky", dict(pattern="glen", weave="wool"), double=False),
    _style("outerwear:coat:coat", "{} houndstooth coat", "women", (169, 249), "Black=white/black", dict(pattern="houndstooth", weave="wool")),
    _style("outerwear:teddy:coat", "{} teddy coat", "women", (129, 189), "cream,camel,rose", dict(weave="teddy", thick=1.6, shine=0.0), double=False),
    _style("outerwear:trench:trench", "{} trench coat", "women", (129, 199), "beige,khaki,navy", TWILL, fit="women"),
    _style("outerwear:trench:trench", "{} trench coat", "men", (139, 209), "sand,charcoal", TWILL, fit="men"),
    _style("outerwear:blazer:blazer", "{} blazer", "women", (79, 149), "black,cream", WOOL, fit="women"),
    _style("outerwear:blazer:blazer", "{} blazer", "men", (99, 179), "charcoal,brown", WOOL, fit="men"),
    _style("outerwear:blazer:blazer", "{} gold-button blazer", "women", (99, 169), "navy,white", WOOL, fit="women", double=True, gold=True),
    _style("outerwear:blazer:blazer", "{} check blazer", "men", (119, 189), "Grey=grey/charcoal/sky,Brown=sand/brown/cream", dict(pattern="glen", weave="wool"), fit="men"),
    _style("outerwear:blazer:blazer", "{} linen blazer", "men", (99, 159), "sand,sky", LINEN, fit="men"),
    _style("outerwear:bomber:bomber", "{} bomber", "unisex", (69, 119), "olive,black", NYLON),
    _style("outerwear:puffer:puffer", "{} puffer", "unisex", (99, 169), "black,red", NYLON),
    _style("outerwear:puffer:puffer", "{} puffer", "women", (99, 169), "rose,camel", NYLON, hood=False),
    _style("outerwear:gilet:puffer", "{} quilted gilet", "unisex", (59, 99), "forest,mustard", NYLON, gilet=True, hood=False),
    _style("outerwear:denim:denim_jacket", "{} denim jacket", "men", (59, 99), "Blue=denim,Dark=indigo,Black=black", DENIM, fit="men"),
    _style("outerwear:denim:denim_jacket", "{} denim jacket", "women", (59, 99), "Light=light blue,Blue=denim", DENIM, fit="women"),
    _style("outerwear:cord:denim_jacket", "{} cord jacket", "unisex", (69, 109), "tan,olive,burgundy", dict(weave="corduroy")),
    _style("outerwear:biker:biker", "{} leather biker", "unisex", (179, 299), "black,cognac,burgundy", LEATHER),
)

TROUSERS = (
    _style("trousers:jeans:jeans", "{} straight jeans", "men", (49, 89), "Blue=denim,Dark=indigo,Black=black", DENIM),
    _style("trousers:jeans:jeans", "{} skinny jeans", "women", (49, 79), "Blue=denim,Dark=indigo", DENIM, cut="skinny", fit="women"),
    _style("trousers:jeans:jeans", "{} wide jeans", "women", (55, 89), "Light=light blue,Blue=denim", DENIM, cut="wide", fit="women"),
    _style("trousers:jeans:jeans", "{} flared jeans", "women", (55, 89), "Blue=denim,Dark=indigo", DENIM, cut="flared", fit="women"),
    _style("trousers:chino:trousers", "{} chinos", "men", (39, 69), "stone,olive,camel", TWILL, cut="slim", crease=False),
    _style("trousers:chino:trousers", "{} chinos", "women", (39, 69), "beige,sage", TWILL, fit="women", cut="slim", crease=False),
    _style("trousers:suit:trousers", "{} wool trousers", "men", (69, 119), "charcoal,grey", WOOL),
    _style("trousers:suit:trousers", "{} check trousers", "men", (69, 109), "Grey=grey/charcoal/sky", dict(pattern="glen", weave="wool")),
    _style("trousers:wide:trousers", "{} wide-leg trousers", "women", (49, 99), "cream,camel", WOOL, cut="wide", fit="women", pleats=True),
    _style("trousers:wide:trousers", "{} linen trousers", "women", (49, 89), "sand,terracotta", LINEN, cut="wide", fit="women", crease=False),
    _style("trousers:flare:trousers", "{} flared trousers", "women", (49, 89), "black,burgundy", WOOL, cut="flared", fit="women"),
    _style("trousers:pin:trousers", "{} pinstripe trousers", "women", (59, 99), "Navy=navy/light grey/grey,Grey=charcoal/light grey/grey", _stripe("pinstripe", **WOOL), fit="women", cut="wide"),
    _style("trousers:cord:trousers", "{} cord trousers", "unisex", (49, 85), "chocolate,mustard,olive", dict(weave="corduroy"), crease=False),
    _style("trousers:jogger:joggers", "{} joggers", "unisex", (35, 59), "black,olive"),
    _style("trousers:jogger:joggers", "{} marl joggers", "unisex", (35, 59), "grey", MARL),
    _style("trousers:jogger:joggers", "{} track pants", "unisex", (39, 59), "black,navy", NYLON, "teen", stripe="white"),
    _style("trousers:cargo:joggers", "{} cargo trousers", "men", (45, 69), "khaki,charcoal,sand", TWILL, cargo=True),
)

SHORTS = (
    _style("shorts:chino:shorts", "{} chino shorts", "men", (29, 49), "sand,olive,sky", TWILL, style="chino", fit="men"),
    _style("shorts:chino:shorts", "{} linen shorts", "women", (29, 49), "sage,blush", LINEN, style="chino", fit="women"),
    _style("shorts:denim:shorts", "{} denim shorts", "women", (29, 49), "Blue=denim,Light=light blue", DENIM, style="denim", fit="women"),
    _style("shorts:denim:shorts", "{} denim shorts", "men", (35, 55), "Blue=denim,Dark=indigo,Grey=charcoal", DENIM, style="denim", fit="men"),
    _style("shorts:sport:shorts", "{} sport shorts", "men", (19, 35), "black,red", NYLON, style="sport", fit="men", stripe="white"),
    _style("shorts:sport:shorts", "{} sport shorts", "women", (19, 35), "teal,lilac", NYLON, style="sport", fit="women"),
    _style("shorts:check:shorts", "{} check shorts", "men", (35, 49), "Blue=sky/navy/white,Green=sage/forest/cream", _stripe("tartan", **POPLIN), style="chino", fit="men"),
)

SKIRTS = (
    _style("skirt:pleat:pleated", "{} pleated skirt", "women", (45, 79), "burgundy,forest,camel", dict(shine=0.1)),
    _style("skirt:pleat:pleated", "{} pleated mini", "women", (35, 59), "grey,cream", WOOL, long=False),
    _style("skirt:kilt:pleated", "{} tartan kilt", "women", (49, 75), "Red=red/navy/mustard,Green=forest/navy/cream", _stripe("tartan", **WOOL), long=False),
    _style("skirt:aline:a_line", "{} spot skirt", "women", (39, 65), "Navy=navy/white,Red=red/white", dict(pattern="dots")),
    _style("skirt:aline:a_line", "{} floral skirt", "women", (45, 69), "Cream=cream/coral/sage,Sage=sage/white/forest", dict(pattern="floral")),
    _style("skirt:aline:a_line", "{} wrap skirt", "women", (45, 69), "terracotta,teal,olive", LINEN, wrap=True),
    _style("skirt:suede:a_line", "{} suede skirt", "women", (59, 99), "camel,chocolate", SUEDE, buttons=True, long=False),
    _style("skirt:pencil:pencil", "{} pencil skirt", "women", (39, 69), "black,grey", WOOL),
    _style("skirt:denim:denim_mini", "{} denim mini", "women", (35, 55), "Blue=denim,Light=light blue", DENIM),
    _style("skirt:slip:slip_skirt", "{} satin skirt", "women", (39, 69), "butter,sage", SATIN),
    _style("skirt:slip:slip_skirt", "{} leopard skirt", "women", (45, 69), "Tan=beige/chocolate/camel", dict(pattern="leopard", **SATIN)),
)

DRESSES = (
    _style("dress:wrap:wrap_dress", "{} wrap dress", "women", (59, 99), "Red spot=red/white,Black spot=black/cream", dict(pattern="dots", period=18)),
    _style("dress:wrap:wrap_dress", "{} wrap dress", "women", (59, 99), "forest,burgundy,teal", dict(crease=1.1), sleeved=True),
    _style("dress:wrap:wrap_dress", "{} wrap maxi", "women", (69, 109), "Pink=blush/burgundy/olive,Blue=blue/white/butter", dict(pattern="ditsy", weave="poplin"), long=True),
    _style("dress:tea:tea_dress", "{} floral tea dress", "women", (49, 89), "Cream=cream/coral/sage,Mustard=mustard/cream/forest", dict(pattern="floral")),
    _style("dress:tea:tea_dress", "{} gingham dress", "women", (49, 79), "Green=white/green,Red=white/red", _stripe("gingham", **POPLIN)),
    _style("dress:tea:tea_dress", "{} midi dress", "women", (55, 89), "rust,olive,lilac", LINEN, long=True),
    _style("dress:shirt:shirt_dress", "{} shirt dress", "women", (55, 95), "olive,navy", LINEN),
    _style("dress:shirt:shirt_dress", "{} denim dress", "women", (59, 89), "Blue=denim,Dark=indigo", DENIM),
    _style("dress:shirt:shirt_dress", "{} striped dress", "women", (55, 85), "Blue=white/blue,Pink=white/rose", _stripe("bengal", **POPLIN), sleeved=False),
    _style("dress:slip:slip_dress", "{} slip dress", "women", (49, 89), "lilac,champagne=beige", SATIN),
    _style("dress:slip:slip_dress", "{} mini slip dress", "women", (45, 75), "silver,plum", SATIN, long=False),
    _style("dress:knit:knit_dress", "{} knit dress", "women", (59, 99), "grey,camel", RIB),
    _style("dress:knit:knit_dress", "{} roll-neck dress", "women", (65, 99), "cream,forest,charcoal", dict(weave="broad rib"), roll=True),
    _style("dress:sun:sundress", "{} sundress", "women", (39, 69), "yellow,coral", dict(weave="poplin")),
    _style("dress:sun:sundress", "{} gingham sundress", "women", (45, 69), "Blue=white/sky,Black=white/black", _stripe("gingham", **POPLIN)),
    _style("dress:sun:sundress", "Kids' {} sundress", "women", (25, 35), "pink=blush/fuchsia/green,blue=light blue/white/yellow", dict(pattern="ditsy"), "child"),
)

SHOES = (
    _style("shoes:trainer:trainer", "White-{} trainers", "unisex", (59, 99), "green=white/forest,navy=white/navy", LEATHER),
    _style("shoes:trainer:trainer", "{} trainers", "unisex", (59, 99), "cream,grey", LEATHER, gum=True),
    _style("shoes:runner:trainer", "{} runners", "unisex", (79, 129), "Grey=grey/orange,Blue=blue/yellow", dict(weave="canvas"), runner=True),
    _style("shoes:hightop:high_top", "{} high-tops", "unisex", (49, 79), "red,black", dict(weave="canvas"), "teen"),
    _style("shoes:loafer:loafer", "{} penny loafers", "men", (79, 139), "brown,burgundy", LEATHER),
    _style("shoes:loafer:loafer", "{} suede loafers", "men", (79, 129), "tan,olive", SUEDE, tassel=True),
    _style("shoes:loafer:loafer", "{} loafers", "women", (69, 119), "cream,red", LEATHER),
    _style("shoes:derby:derby", "{} derby shoes", "men", (89, 149), "black,brown", LEATHER),
    _style("shoes:derby:derby", "{} brogues", "men", (99, 159), "cognac,chocolate", LEATHER, brogue=True, dark_sole=False),
    _style("shoes:ballet:ballet", "{} ballet flats", "women", (39, 79), "nude,red", LEATHER),
    _style("shoes:ballet:ballet", "{} Mary Janes", "women", (49, 79), "black,burgundy", LEATHER, strap=True),
    _style("shoes:comfort:derby", "{} comfort shoes", "women", (69, 89), "taupe=stone,navy", SUEDE, "senior"),
)

HEELS = (
    _style("heels:pump:pump", "{} pumps", "women", (59, 119), "red,nude", LEATHER),
    _style("heels:pump:pump", "{} suede pumps", "women", (59, 109), "forest,plum", SUEDE, height=88.0),
    _style("heels:block:pump", "{} block heels", "women", (59, 99), "camel,rust", LEATHER, heel="block", height=74.0),
    _style("heels:block:pump", "{} strap heels", "women", (65, 109), "gold,blush,teal", LEATHER, heel="block", height=78.0, strap=True),
    _style("heels:kitten:pump", "{} kitten heels", "women", (49, 89), "lilac,sage", LEATHER, heel="kitten", height=48.0),
    _style("heels:sling:pump", "{} slingbacks", "women", (59, 99), "cream,red,cobalt", LEATHER, heel="kitten", height=54.0, sling=True),
)

BOOTS = (
    _style("boots:chelsea:chelsea", "{} chelsea boots", "men", (89, 159), "black,brown", LEATHER),
    _style("boots:chelsea:chelsea", "{} suede chelseas", "men", (89, 149), "tan,grey", SUEDE, gusset="brown"),
    _style("boots:chelsea:chelsea", "{} chunky chelseas", "women", (89, 139), "cream,burgundy", LEATHER, chunky=True),
    _style("boots:ankle:heeled", "{} ankle boots", "women", (79, 139), "cognac,cream", LEATHER),
    _style("boots:ankle:heeled", "{} suede ankle boots", "women", (79, 129), "tan,olive", SUEDE),
    _style("boots:knee:heeled", "{} knee boots", "women", (119, 199), "chocolate,burgundy", LEATHER, tall=305.0, slim=False),
    _style("boots:lace:lace_up", "{} lace-up boots", "unisex", (99, 159), "camel,burgundy", LEATHER),
    _style("boots:hike:lace_up", "{} hiking boots", "unisex", (109, 169), "brown,khaki", SUEDE, hiking=True),
    _style("boots:welly:wellington", "{} wellingtons", "unisex", (39, 79), "forest,yellow", dict(weave="nylon", shine=0.5)),
)

SANDALS = (
    _style("sandals:slide:slide", "{} two-strap slides", "unisex", (39, 79), "tan,olive", LEATHER, straps=2),
    _style("sandals:slide:slide", "{} pool slides", "unisex", (19, 35), "Black=black,Pink=pink", dict(weave="nylon", shine=0.2), bed="charcoal"),
    _style("sandals:flip:flip_flop", "{} flip-flops", "unisex", (15, 29), "coral,mint,sand", dict(weave="nylon")),
    _style("sandals:strappy:strappy", "{} strappy sandals", "women", (39, 79), "tan,black", LEATHER),
    _style("sandals:heel:strappy", "{} heeled sandals", "women", (49, 89), "gold,red", LEATHER, height=70.0, straps=2),
    _style("sandals:wedge:strappy", "{} wedges", "women", (49, 79), "cognac,cream", LEATHER, height=64.0, wedge=True),
)

BAGS = (
    _style("bag:satchel:satchel", "{} satchel", "women", (89, 169), "cognac,burgundy", LEATHER),
    _style("bag:tote:tote", "{} leather tote", "women", (99, 179), "tan,navy", LEATHER),
    _style("bag:tote:tote", "{} canvas tote", "unisex", (29, 49), "cream,sage", dict(weave="canvas"), handles="cognac"),
    _style("bag:straw:tote", "{} straw bag", "women", (39, 69), "sand", dict(weave="straw"), handles="cognac"),
    _style("bag:cross:crossbody", "{} crossbody", "women", (59, 119), "tan,burgundy", LEATHER),
    _style("bag:chain:crossbody", "{} chain bag", "women", (69, 129), "cream,red", LEATHER, chain=True),
    _style("bag:pack:backpack", "{} backpack", "unisex", (49, 89), "olive,navy", dict(weave="canvas")),
    _style("bag:pack:backpack", "{} roll-top pack", "unisex", (69, 109), "charcoal,forest,sand", dict(weave="canvas"), roll=True),
    _style("bag:bucket:bucket", "{} bucket bag", "women", (69, 119), "camel,lilac", LEATHER),
    _style("bag:clutch:clutch", "{} clutch", "women", (35, 69), "gold,pink", LEATHER),
)

HATS = (
    _style("hat:fedora:fedora", "{} felt fedora", "unisex", (39, 69), "camel,charcoal,khaki,burgundy", dict(weave="felt")),
    _style("hat:straw:fedora", "{} straw hat", "women", (29, 59), "natural=sand,white", dict(weave="straw"), wide=True),
    _style("hat:beanie:beanie", "{} beanie", "unisex", (15, 29), "mustard,grey", dict(weave="broad rib")),
    _style("hat:bobble:beanie", "{} bobble hat", "unisex", (19, 35), "red,cream,teal", dict(weave="chunky"), bobble=True, second="cream"),
    _style("hat:cap:cap", "{} cap", "unisex", (15, 35), "red,khaki", TWILL, mark="white"),
    _style("hat:cap:cap", "{} trucker cap", "men", (19, 35), "forest,blue", TWILL, mesh=True),
    _style("hat:bucket:bucket_hat", "{} bucket hat", "unisex", (19, 39), "beige,denim,sage", dict(weave="canvas")),
    _style("hat:beret:beret", "{} beret", "women", (19, 39), "burgundy,camel", dict(weave="felt")),
)

UNDERWEAR = (
    _style("underwear:brief:briefs", "{} briefs", "women", (9, 19), "nude,rose"),
    _style("underwear:brief:briefs", "{} high briefs", "women", (12, 19), "black,sage", high=True),
    _style("underwear:brief:briefs", "{} briefs", "men", (9, 19), "white,grey", fit="men"),
    _style("underwear:boxer:boxers", "{} boxer briefs", "men", (12, 25), "grey,burgundy"),
    _style("underwear:boxer:boxers", "{} boxers", "men", (15, 25), "Blue gingham=white/sky,Red gingham=white/red", _stripe("gingham", 14, **POPLIN), loose=True),
    _style("underwear:cami:camisole", "{} camisole", "women", (19, 35), "blush,cream,teal", SATIN, lace="white"),
    _style("underwear:bra:bra_top", "{} bra top", "women", (19, 35), "nude,plum"),
    _style("underwear:sport:bra_top", "{} sports bra", "women", (19, 39), "teal,fuchsia", sport=True),
)

STYLES: tuple[Style, ...] = (
    *TOPS, *SHIRTS, *KNITS, *OUTERWEAR, *TROUSERS, *SHORTS, *SKIRTS, *DRESSES, *SHOES, *HEELS, *BOOTS, *SANDALS, *BAGS, *HATS,
    *UNDERWEAR,
)

ACCENTED = {"trainer": "accent"}
"""Recipes whose second colour is an accent of the thing rather than a pattern of the cloth."""


def goods() -> Iterator[tuple[Style, str, Fabric, dict[str, Any]]]:
    """Every article in order: its style, the colour's word for the title, its fabric and the recipe's options."""
    for style in STYLES:
        for token in style.colours.split(","):
            word, _, recipe = token.partition("=")
            base, *others = (recipe or word).split("/")
            options = dict(style.options)
            cloth: dict[str, Any] = dict(style.fabric)
            if others and style.recipe in ACCENTED:
                options[ACCENTED[style.recipe]] = others[0]
            elif others:
                cloth["second"] = others[0]
                cloth["third"] = others[-1]
            yield style, word, Fabric(base, **cloth), options
