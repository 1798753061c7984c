"""Bags, hats and underwear of the sample shop."""

from __future__ import annotations

from catalog.assortment.style import LEATHER, POPLIN, SATIN, TWILL, stripe, style

BAGS = (
    style("bag:satchel:satchel", "{} satchel", "women", (89, 169), "cognac,burgundy", LEATHER),
    style("bag:tote:tote", "{} leather tote", "women", (99, 179), "tan,navy", LEATHER),
    style("bag:tote:tote", "{} canvas tote", "unisex", (29, 49), "cream,sage", {"weave": "canvas"}, handles="cognac"),
    style("bag:straw:tote", "{} straw bag", "women", (39, 69), "sand", {"weave": "straw"}, handles="cognac"),
    style("bag:cross:crossbody", "{} crossbody", "women", (59, 119), "tan,burgundy", LEATHER),
    style("bag:chain:crossbody", "{} chain bag", "women", (69, 129), "cream,red", LEATHER, chain=True),
    style("bag:pack:backpack", "{} backpack", "unisex", (49, 89), "olive,navy", {"weave": "canvas"}),
    style("bag:pack:backpack", "{} roll-top pack", "unisex", (69, 109), "charcoal,forest,sand", {"weave": "canvas"},
        roll=True),
    style("bag:bucket:bucket", "{} bucket bag", "women", (69, 119), "camel,lilac", LEATHER),
    style("bag:clutch:clutch", "{} clutch", "women", (35, 69), "gold,pink", LEATHER),
)

HATS = (
    style("hat:fedora:fedora", "{} felt fedora", "unisex", (39, 69), "camel,charcoal,khaki,burgundy",
        {"weave": "felt"}),
    style("hat:straw:fedora", "{} straw hat", "women", (29, 59), "natural=sand,white", {"weave": "straw"}, wide=True),
    style("hat:beanie:beanie", "{} beanie", "unisex", (15, 29), "mustard,grey", {"weave": "broad rib"}),
    style("hat:bobble:beanie", "{} bobble hat", "unisex", (19, 35), "red,cream,teal", {"weave": "chunky"},
        bobble=True, second="cream"),
    style("hat:cap:cap", "{} cap", "unisex", (15, 35), "red,khaki", TWILL, mark="white"),
    style("hat:cap:cap", "{} trucker cap", "men", (19, 35), "forest,blue", TWILL, mesh=True),
    style("hat:bucket:bucket_hat", "{} bucket hat", "unisex", (19, 39), "beige,denim,sage", {"weave": "canvas"}),
    style("hat:beret:beret", "{} beret", "women", (19, 39), "burgundy,camel", {"weave": "felt"}),
)

UNDERWEAR = (
    style("underwear:brief:briefs", "{} briefs", "women", (9, 19), "nude,rose"),
    style("underwear:brief:briefs", "{} high briefs", "women", (12, 19), "black,sage", high=True),
    style("underwear:brief:briefs", "{} briefs", "men", (9, 19), "white,grey", fit="men"),
    style("underwear:boxer:boxers", "{} boxer briefs", "men", (12, 25), "grey,burgundy"),
    style("underwear:boxer:boxers", "{} boxers", "men", (15, 25), "Blue gingham=white/sky,Red gingham=white/red",
        stripe("gingham", 14, **POPLIN), loose=True),
    style("underwear:cami:camisole", "{} camisole", "women", (19, 35), "blush,cream,teal", SATIN, lace="white"),
    style("underwear:bra:bra_top", "{} bra top", "women", (19, 35), "nude,plum"),
    style("underwear:sport:bra_top", "{} sports bra", "women", (19, 39), "teal,fuchsia", sport=True),
)
