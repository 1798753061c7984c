"""One garment to draw: which recipe, of what cloth, with which options."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.drawing import (
    bags,
    boots,
    bottoms,
    coats,
    dresses,
    hats,
    heels,
    jackets,
    knitwear,
    sandals,
    shirts,
    shoes,
    skirts,
    tops,
    underwear,
)
from catalog.drawing.canvas import Canvas
from catalog.drawing.cloth import Fabric
from catalog.drawing.colours import bgr, ground, mixed
from mirror.domain import ImageArray

Recipe = Callable[..., None]

RECIPES: Mapping[str, Recipe] = {
    draw.__name__: draw
    for draw in (
        tops.tee, tops.tank, tops.polo, tops.rib_top,
        shirts.shirt, shirts.denim_shirt, shirts.blouse,
        knitwear.jumper, knitwear.long_tee, knitwear.sweatshirt, knitwear.hoodie, knitwear.cardigan,
        coats.coat, coats.trench, coats.blazer, jackets.bomber, jackets.puffer,
        jackets.denim_jacket, jackets.biker,
        bottoms.jeans, bottoms.trousers, bottoms.joggers, bottoms.shorts,
        skirts.pleated, skirts.a_line, skirts.pencil, skirts.denim_mini, skirts.slip_skirt,
        dresses.wrap_dress, dresses.tea_dress, dresses.shirt_dress, dresses.slip_dress, dresses.knit_dress,
        dresses.sundress,
        shoes.trainer, shoes.high_top, shoes.loafer, shoes.derby, shoes.ballet,
        heels.pump, boots.chelsea, boots.heeled, boots.lace_up, boots.wellington,
        sandals.slide, sandals.flip_flop, sandals.strappy,
        bags.satchel, bags.tote, bags.crossbody, bags.backpack, bags.bucket, bags.clutch,
        hats.fedora, hats.beanie, hats.cap, hats.bucket_hat, hats.beret,
        underwear.briefs, underwear.boxers, underwear.camisole, underwear.bra_top,
    )
}
"""Every garment that can be drawn, by name: each takes a canvas, a fabric and its own options."""


@dataclass(frozen=True)
class Drawing:
    """What to draw: a name (it seeds the folds), a recipe of RECIPES, a fabric, the recipe's options."""

    name: str
    recipe: str
    fabric: Fabric
    options: tuple[tuple[str, Any], ...] = ()


def draw_item(drawing: Drawing) -> ImageArray:
    """The picture of a garment, BGR uint8 (480, 400, 3). The same drawing gives the same picture."""
    canvas = Canvas(zlib.crc32(drawing.name.encode()))
    fabric = drawing.fabric
    RECIPES[drawing.recipe](canvas, fabric, **dict(drawing.options))
    tone = mixed(fabric.base, bgr(fabric.second), 0.35) if fabric.pattern else fabric.base
    return canvas.onto(ground(tone))
