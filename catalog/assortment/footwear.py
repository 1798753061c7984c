"""Shoes, heels, boots and sandals of the sample shop."""

from __future__ import annotations

from catalog.assortment.style import LEATHER, SUEDE, style

SHOES = (
    style("shoes:trainer:trainer", "White-{} trainers", "unisex", (59, 99), "green=white/forest,navy=white/navy",
        LEATHER),
    style("shoes:trainer:trainer", "{} trainers", "unisex", (59, 99), "cream,grey", LEATHER, gum=True),
    style("shoes:runner:trainer", "{} runners", "unisex", (79, 129), "Grey=grey/orange,Blue=blue/yellow",
        {"weave": "canvas"}, runner=True),
    style("shoes:hightop:high_top", "{} high-tops", "unisex", (49, 79), "red,black", {"weave": "canvas"}, "teen"),
    style("shoes:loafer:loafer", "{} penny loafers", "men", (79, 139), "brown,burgundy", LEATHER),
    style("shoes:loafer:loafer", "{} suede loafers", "men", (79, 129), "tan,olive", SUEDE, tassel=True),
    style("shoes:loafer:loafer", "{} loafers", "women", (69, 119), "cream,red", LEATHER),
    style("shoes:derby:derby", "{} derby shoes", "men", (89, 149), "black,brown", LEATHER),
    style("shoes:derby:derby", "{} brogues", "men", (99, 159), "cognac,chocolate", LEATHER, brogue=True,
        dark_sole=False),
    style("shoes:ballet:ballet", "{} ballet flats", "women", (39, 79), "nude,red", LEATHER),
    style("shoes:ballet:ballet", "{} Mary Janes", "women", (49, 79), "black,burgundy", LEATHER, strap=True),
    style("shoes:comfort:derby", "{} comfort shoes", "women", (69, 89), "taupe=stone,navy", SUEDE, "senior"),
)

HEELS = (
    style("heels:pump:pump", "{} pumps", "women", (59, 119), "red,nude", LEATHER),
    style("heels:pump:pump", "{} suede pumps", "women", (59, 109), "forest,plum", SUEDE, height=88.0),
    style("heels:block:pump", "{} block heels", "women", (59, 99), "camel,rust", LEATHER, heel="block", height=74.0),
    style("heels:block:pump", "{} strap heels", "women", (65, 109), "gold,blush,teal", LEATHER, heel="block",
        height=78.0, strap=True),
    style("heels:kitten:pump", "{} kitten heels", "women", (49, 89), "lilac,sage", LEATHER, heel="kitten",
        height=48.0),
    style("heels:sling:pump", "{} slingbacks", "women", (59, 99), "cream,red,cobalt", LEATHER, heel="kitten",
        height=54.0, sling=True),
)

BOOTS = (
    style("boots:chelsea:chelsea", "{} chelsea boots", "men", (89, 159), "black,brown", LEATHER),
    style("boots:chelsea:chelsea", "{} suede chelseas", "men", (89, 149), "tan,grey", SUEDE, gusset="brown"),
    style("boots:chelsea:chelsea", "{} chunky chelseas", "women", (89, 139), "cream,burgundy", LEATHER, chunky=True),
    style("boots:ankle:heeled", "{} ankle boots", "women", (79, 139), "cognac,cream", LEATHER),
    style("boots:ankle:heeled", "{} suede ankle boots", "women", (79, 129), "tan,olive", SUEDE),
    style("boots:knee:heeled", "{} knee boots", "women", (119, 199), "chocolate,burgundy", LEATHER, tall=305.0,
        slim=False),
    style("boots:lace:lace_up", "{} lace-up boots", "unisex", (99, 159), "camel,burgundy", LEATHER),
    style("boots:hike:lace_up", "{} hiking boots", "unisex", (109, 169), "brown,khaki", SUEDE, hiking=True),
    style("boots:welly:wellington", "{} wellingtons", "unisex", (39, 79), "forest,yellow",
        {"weave": "nylon", "shine": 0.5}),
)

SANDALS = (
    style("sandals:slide:slide", "{} two-strap slides", "unisex", (39, 79), "tan,olive", LEATHER, straps=2),
    style("sandals:slide:slide", "{} pool slides", "unisex", (19, 35), "Black=black,Pink=pink",
        {"weave": "nylon", "shine": 0.2}, bed="charcoal"),
    style("sandals:flip:flip_flop", "{} flip-flops", "unisex", (15, 29), "coral,mint,sand", {"weave": "nylon"}),
    style("sandals:strappy:strappy", "{} strappy sandals", "women", (39, 79), "tan,black", LEATHER),
    style("sandals:heel:strappy", "{} heeled sandals", "women", (49, 89), "gold,red", LEATHER, height=70.0, straps=2),
    style("sandals:wedge:strappy", "{} wedges", "women", (49, 79), "cognac,cream", LEATHER, height=64.0, wedge=True),
)
