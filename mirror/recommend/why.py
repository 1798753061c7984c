"""Why an item is offered, in one short sentence: reason first, about clothes, never about her body.

A sentence is chosen as a key with its words, so that another language needs only another table in :data:`SENTENCES`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from mirror.domain import Garment, Item
from mirror.recommend.colour import colour_name, distance, harmony, relation, tone

NOUNS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "top": "top", "shirt": "shirt", "longsleeve": "jumper", "outerwear": "jacket", "trousers": "trousers",
        "shorts": "shorts", "skirt": "skirt", "dress": "dress", "shoes": "shoes", "heels": "heels",
        "boots": "boots", "sandals": "sandals", "bag": "bag", "hat": "hat", "hosiery": "tights",
    },
    "zh": {
        "top": "上衣", "shirt": "衬衫", "longsleeve": "针织衫", "outerwear": "外套", "trousers": "长裤",
        "shorts": "短裤", "skirt": "半裙", "dress": "连衣裙", "shoes": "鞋子", "heels": "高跟鞋",
        "boots": "靴子", "sandals": "凉鞋", "bag": "包", "hat": "帽子", "hosiery": "连裤袜",
    },
    "es": {
        "top": "tu top", "shirt": "tu camisa", "longsleeve": "tu jersey", "outerwear": "tu chaqueta",
        "trousers": "tu pantalón", "shorts": "tus bermudas", "skirt": "tu falda", "dress": "tu vestido",
        "shoes": "tus zapatos", "heels": "tus tacones", "boots": "tus botas", "sandals": "tus sandalias",
        "bag": "tu bolso", "hat": "tu sombrero", "hosiery": "tus medias",
    },
}
"""What a worn category is called in a sentence (in Spanish with its possessive, which goes by number)."""

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "much_same_colour": "Much like your {worn}, in the same {colour}",
        "much_lighter": "Much like your {worn}, one tone lighter",
        "much_darker": "Much like your {worn}, one tone darker",
        "much_other": "Much like your {worn}, in {colour}",
        "much": "Much like your {worn}",
        "like_same_colour": "Close to your {worn}, in the same {colour}",
        "like_lighter": "Close to your {worn}, one tone lighter",
        "like_darker": "Close to your {worn}, one tone darker",
        "like_other": "Close to your {worn}, this time in {colour}",
        "like": "Close to your {worn}",
        "change_same_colour": "A change from your {worn}, in the same {colour}",
        "change_lighter": "A change from your {worn}, one tone lighter",
        "change_darker": "A change from your {worn}, one tone darker",
        "change_other": "A change from your {worn}, in {colour}",
        "change": "A change from your {worn}",
        "neutral_calm": "{Colour} stays calm beside your {theirs} {worn}",
        "neutral_lift": "{Colour} brightens your {theirs} {worn}",
        "neutral_ground": "{Colour} grounds your {theirs} {worn}",
        "neutral_frame": "{Colour} lets your {theirs} {worn} lead",
        "neutral_warm": "Warm {colour} sits well with your {theirs} {worn}",
        "neutral_accent": "{Colour} is the accent to your {theirs} {worn}",
        "echo": "Picks up the {theirs} of your {worn}",
        "tonal": "Tone on tone with your {theirs} {worn}",
        "near": "{Colour} sits close to your {theirs} {worn}",
        "opposite": "{Colour} sets off your {theirs} {worn}",
        "apart": "{Colour} is a bold pair for your {theirs} {worn}",
        "goes": "Goes with your {worn}",
    },
    "zh": {
        "much_same_colour": "与你的{worn}相似，同为{colour}",
        "much_lighter": "与你的{worn}相似，浅一调",
        "much_darker": "与你的{worn}相似，深一调",
        "much_other": "与你的{worn}相似，换成{colour}",
        "much": "与你的{worn}相似",
        "like_same_colour": "与你的{worn}相近，同为{colour}",
        "like_lighter": "与你的{worn}相近，浅一调",
        "like_darker": "与你的{worn}相近，深一调",
        "like_other": "与你的{worn}相近，这次是{colour}",
        "like": "与你的{worn}相近",
        "change_same_colour": "与你的{worn}不同，同为{colour}",
        "change_lighter": "与你的{worn}不同，浅一调",
        "change_darker": "与你的{worn}不同，深一调",
        "change_other": "与你的{worn}不同，换成{colour}",
        "change": "与你的{worn}不同",
        "neutral_calm": "{colour}与你的{theirs}{worn}相配沉稳",
        "neutral_lift": "{colour}提亮你的{theirs}{worn}",
        "neutral_ground": "{colour}衬稳你的{theirs}{worn}",
        "neutral_frame": "{colour}突出你的{theirs}{worn}",
        "neutral_warm": "暖{colour}衬你的{theirs}{worn}",
        "neutral_accent": "{colour}点缀你的{theirs}{worn}",
        "echo": "与你的{worn}同为{theirs}",
        "tonal": "与你的{theirs}{worn}同色系",
        "near": "{colour}与你的{theirs}{worn}色彩相近",
        "opposite": "{colour}与你的{theirs}{worn}互相衬托",
        "apart": "{colour}与你的{theirs}{worn}大胆撞色",
        "goes": "适合搭配你的{worn}",
    },
    "es": {
        "much_same_colour": "Se parece mucho a {worn}, también en {colour}",
        "much_lighter": "Se parece mucho a {worn}, un tono más claro",
        "much_darker": "Se parece mucho a {worn}, un tono más oscuro",
        "much_other": "Se parece mucho a {worn}, en {colour}",
        "much": "Se parece mucho a {worn}",
        "like_same_colour": "Se parece a {worn}, también en {colour}",
        "like_lighter": "Se parece a {worn}, un tono más claro",
        "like_darker": "Se parece a {worn}, un tono más oscuro",
        "like_other": "Se parece a {worn}, esta vez en {colour}",
        "like": "Se parece a {worn}",
        "change_same_colour": "Distinto de {worn}, también en {colour}",
        "change_lighter": "Distinto de {worn}, un tono más claro",
        "change_darker": "Distinto de {worn}, un tono más oscuro",
        "change_other": "Distinto de {worn}, en {colour}",
        "change": "Distinto de {worn}",
        "neutral_calm": "{Colour}: calma junto a {worn} en {theirs}",
        "neutral_lift": "{Colour}: da luz a {worn} en {theirs}",
        "neutral_ground": "{Colour}: da peso a {worn} en {theirs}",
        "neutral_frame": "{Colour}: realza {worn} en {theirs}",
        "neutral_warm": "{Colour} cálido: va bien con {worn} en {theirs}",
        "neutral_accent": "{Colour}: el acento para {worn} en {theirs}",
        "echo": "Retoma el {theirs} de {worn}",
        "tonal": "Tono sobre tono con {worn} en {theirs}",
        "near": "{Colour}: cerca de {worn} en {theirs}",
        "opposite": "{Colour}: contrasta con {worn} en {theirs}",
        "apart": "{Colour}: atrevido con {worn} en {theirs}",
        "goes": "Va bien con {worn}",
    },
}
"""The sentences of a language; capitalised words start the sentence."""

OTHER_LANGUAGES: tuple[str, ...] = tuple(code for code in SENTENCES if code != "en")

MUCH_LIKE_FROM, CLOSE_FROM = 0.87, 0.55
"""Cosines of two garment embeddings from which "much like" and "close to" are said. The nearest of the sample shop's
items of its category to each garment of 50 street photos lies at 0.73, 0.82, 0.87 (quartiles): the best quarter is much
like it. Of the six nearest, a tenth lie under 0.55. More is not claimed: the embedding puts skinny jeans beside wide
trousers, so no sentence speaks of the cut. They belong to these weights: other ones have other cosines."""
SAME_COLOUR_WITHIN = 0.055
"""OKLab distance within which a camera's and a catalogue's colour may be of one cloth."""
ECHO_WITHIN = 0.08
"""OKLab distance within which an item of a colour of the same name is said to pick it up."""
SAME_HUE_WITHIN = 0.06
"""Difference in OKLab a, b within which two colours are tones of one, when their lightness differs."""
LIGHTER_BY = 0.05
"""Difference of OKLab lightness called lighter or darker."""
GREYS = frozenset({"black", "charcoal", "grey", "light grey", "white"})
"""Black is no darker tone of navy."""
WARM_NEUTRALS = frozenset({"camel", "beige", "ivory", "brown", "taupe", "chocolate", "khaki", "tan"})


def why_similar(item: Item, worn: Garment, likeness: float, lang: str = "en") -> str:
    """Why an item is like a worn garment; ``likeness`` is the cosine of their embeddings."""
    start = "much" if likeness >= MUCH_LIKE_FROM else "like" if likeness >= CLOSE_FROM else "change"
    if not item.colours or not worn.colours:
        return _said(start, lang, worn)
    mine, theirs = item.colours[0], worn.colours[0]
    one, other = tone(mine), tone(theirs)
    lighter = one.lightness - other.lightness
    if distance(mine, theirs) <= SAME_COLOUR_WITHIN:
        end = "same_colour"
    elif (colour_name(mine) in GREYS) == (colour_name(theirs) in GREYS) and abs(lighter) >= LIGHTER_BY and (
            (one.a - other.a) ** 2 + (one.b - other.b) ** 2) ** 0.5 <= SAME_HUE_WITHIN:
        end = "lighter" if lighter > 0 else "darker"
    else:
        end = "other"
    return _said(f"{start}_{end}", lang, worn, mine)


def why_complete(item: Item, worn: Sequence[Garment], lang: str = "en") -> str:
    """Why an item completes what is worn: it has a colour of it, or how its colour stands beside the garment that it
    goes with best."""
    coloured = [garment for garment in worn if garment.colours and garment.category != "hosiery"]
    if not item.colours or not coloured:
        return _said("goes", lang, worn[0]) if worn else ""
    mine = item.colours[0]
    again = min(coloured, key=lambda garment: distance(mine, garment.colours[0]))
    if distance(mine, again.colours[0]) <= ECHO_WITHIN and colour_name(mine) == colour_name(again.colours[0]):
        return _said("echo", lang, again, mine)
    partner = max(coloured, key=lambda garment: harmony(mine, garment.colours[0]))
    return _said(_pair(mine, partner.colours[0]), lang, partner, mine)


def _pair(mine: str, theirs: str) -> str:
    how = relation(mine, theirs)
    if how != "neutral":
        return how
    one, other = tone(mine), tone(theirs)
    if colour_name(mine) in WARM_NEUTRALS and colour_name(theirs) not in WARM_NEUTRALS:
        return "neutral_warm"
    if one.colourful >= 0.5:
        return "neutral_accent"
    if other.colourful >= 0.5:
        return "neutral_frame"
    if one.lightness - other.lightness >= 0.2:
        return "neutral_lift"
    return "neutral_ground" if other.lightness - one.lightness >= 0.2 else "neutral_calm"


def _said(key: str, lang: str, worn: Garment, mine: str = "") -> str:
    theirs = worn.colours[0] if worn.colours else ""
    lang = lang if lang in SENTENCES else "en"
    named = [colour and colour_name(colour, lang) for colour in (theirs, mine)]
    return _sentence(key, lang, worn.category, *named)


@lru_cache(maxsize=64)
def _sentence(key: str, lang: str, category: str, theirs: str, colour: str) -> str:
    """By the colours' names: hers as they are seen are new ones with every look."""
    sentence = SENTENCES[lang][key].format(
        worn=NOUNS[lang].get(category, category), colour=colour, Colour=colour[:1].upper() + colour[1:],
        theirs=theirs,
    )
    return " ".join(sentence.split())
