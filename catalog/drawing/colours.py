"""The colours of the shop, by the name a title uses, and small sums with colours."""

from __future__ import annotations

from catalog.drawing.canvas import Colour

PALETTE: dict[str, str] = {
    "white": "f3f2ee", "cream": "efe6d3", "ecru": "e3d8c2", "stone": "cfc4b0", "beige": "d6bf9e", "sand": "cdb48c",
    "camel": "bf8f56", "tan": "b0713b", "cognac": "9a5226", "brown": "6a4430", "chocolate": "4a3026",
    "rust": "b0512f", "terracotta": "c4694a", "orange": "dd7a34", "mustard": "cf9d37", "yellow": "ecc95a",
    "butter": "f2dfa0", "olive": "6f7044", "khaki": "938b62", "sage": "9db492", "mint": "b9d8c4", "green": "3e7d53",
    "forest": "2c5743", "teal": "2b6f74", "sky": "a9c8e2", "light blue": "b9cfe3", "blue": "3f68a8",
    "cobalt": "2b4fae", "denim": "4d6f9e", "indigo": "34476f", "navy": "29365a", "lilac": "c0addb", "plum": "64375f",
    "burgundy": "702a3a", "red": "be3234", "coral": "e57b6a", "pink": "e8a6b6", "blush": "ebc9c0", "fuchsia": "c43a7c",
    "rose": "cc7f86", "grey": "9b9ea3", "light grey": "c7c9cb", "charcoal": "4b4e54", "black": "27282c",
    "silver": "c9ccd0", "gold": "d3b062", "nude": "dcb79c",
}
"""Names and sRGB hex."""

BRASS: Colour = (92, 168, 206)
STEEL: Colour = (190, 186, 182)
PEARL: Colour = (226, 236, 240)
HORN: Colour = (38, 52, 74)
GUM: Colour = (112, 156, 190)
SOLE_WHITE: Colour = (234, 240, 242)
SOLE_DARK: Colour = (40, 42, 48)


def bgr(name: str) -> Colour:
    """The BGR 0..255 of a palette name or of six hex digits."""
    code = PALETTE.get(name, name)
    return float(int(code[4:6], 16)), float(int(code[2:4], 16)), float(int(code[0:2], 16))


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` of b in a."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share


def darker(colour: Colour, share: float) -> Colour:
    """Towards a near black that keeps a little of the hue."""
    return mixed(colour, (colour[0] * 0.12, colour[1] * 0.10, colour[2] * 0.11), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Towards white."""
    return mixed(colour, (255.0, 255.0, 255.0), share)


def brightness(colour: Colour) -> float:
    """Luma 0..255 (ITU-R BT.601 weights)."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]


def seam(colour: Colour) -> Colour:
    """The colour a seam shows on this cloth: darker, but lighter on near black."""
    return lighter(colour, 0.20) if brightness(colour) < 48 else darker(colour, 0.55)


def ground(colour: Colour) -> Colour:
    """A pale ground that carries a breath of the garment's hue, dimmer behind white cloth."""
    mean = sum(colour) / 3
    hue = tuple(c - mean for c in colour)
    strength = 0.085
    level = 225.0 if brightness(colour) > 205 else 233.0
    base = (level - 3.0, level, level + 1.5)
    return base[0] + hue[0] * strength, base[1] + hue[1] * strength, base[2] + hue[2] * strength
