"""Google Merchant, Shopify and mapped feeds give the same items as the project's own columns."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catalog.ingest import read_items, sniff
from catalog.mapping import FeedMapping, Understanding, gender_in
from catalog.schema import RowError
from mirror.domain import Item, MirrorError

GOOGLE = (
    "id\ttitle\tlink\timage_link\tavailability\tprice\tproduct_type\tgender\tage_group\tsize\titem_group_id\tcolor\n"
    "1\tLinen shirt\thttps://s.example/1\thttps://s.example/p/1.jpg\tin stock\t39.90 EUR\t"
    "Men > Shirts\tmale\tadult\tS\tg1\tblue\n"
    "2\tLinen shirt\thttps://s.example/1\thttps://s.example/p/1.jpg\tout of stock\t39.90 EUR\t"
    "Men > Shirts\tmale\tadult\tM\tg1\tblue\n"
    "3\tLinen shirt\thttps://s.example/1\thttps://s.example/p/1.jpg\tin_stock\t35.00 EUR\t"
    "Men > Shirts\tmale\tadult\tL\tg1\tblue\n"
    "4\tAutumn leaf\thttps://s.example/4\thttps://s.example/p/4.jpg\tin stock\t9.90 EUR\t"
    "Garden > Chairs\tfemale\tadult\t\t\t\n"
    "5\tTote\thttps://s.example/5\thttps://s.example/p/5.jpg\tin stock\tEUR 9.90\tHandtaschen\tfemale\tadult\t\t\t\n"
)
XML = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>1</g:id><title>Linen &amp; silk shirt</title><link>https://s.example/1</link>
<g:image_link>https://s.example/1.jpg</g:image_link><g:price>39.90 EUR</g:price>
<g:availability>in stock</g:availability>
<g:shipping><g:price>5 EUR</g:price></g:shipping>
<g:product_type>Hemden</g:product_type><g:gender>male</g:gender><g:size>M</g:size></item>
</channel></rss>"""
SHOPIFY = (
    "Handle,Title,Type,Tags,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Inventory Policy,"
    "Variant Price,Image Src,Status\n"
    'rain-coat,Rain coat,Coats,"women, rain",Size,S,0,deny,89.00,https://cdn.example/a.jpg?v=1,active\n'
    "rain-coat,,,,,M,3,deny,79.00,,\n"
    "rain-coat,,,,,,,,,https://cdn.example/b.jpg,\n"
    "cap,Cap,Caps,unisex,Title,Default Title,0,deny,19.00,https://cdn.example/c.jpg,active\n"
)


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_google_text_joins_variants_and_refuses_what_is_no_garment(tmp_path: Path) -> None:
    path = write(tmp_path, "feed.txt", GOOGLE)
    assert sniff(path) == "google"
    shirt, leaf, tote = read_items(path)
    assert shirt == Item(
        id="1", title="Linen shirt", category="shirt", sizes=("S", "L"), gender="men", age="adult", price=35.0,
        currency="EUR", picture="https://s.example/p/1.jpg", url="https://s.example/1", in_stock=True,
        styles=("casual",),
    )
    assert isinstance(leaf, RowError)
    assert (leaf.line, leaf.field) == (5, "category")
    assert isinstance(tote, Item)
    assert (tote.category, tote.price) == ("bag", 9.9)


def test_google_xml_is_read_with_lines_and_without_nested_prices(tmp_path: Path) -> None:
    (shirt,) = read_items(write(tmp_path, "feed.xml", XML))
    assert isinstance(shirt, Item)
    assert (shirt.title, shirt.category, shirt.price, shirt.sizes) == ("Linen & silk shirt", "shirt", 39.9, ("M",))
    broken = XML.replace("<g:gender>male</g:gender>", "")
    (error,) = read_items(write(tmp_path, "feed.xml", broken))
    assert isinstance(error, RowError)
    assert (error.line, error.field, error.id) == (3, "gender", "1")


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda xml: xml.replace("<rss", '<!DOCTYPE r [<!ENTITY a "b">]><rss', 1), "declares a document type"),
    (lambda xml: xml.replace("<rss", "<!DOCTYPE r SYSTEM \"http://x.example/e\"><rss", 1), "declares a document type"),
    (lambda xml: xml[:-10], "is broken XML"),
])
def test_xml_with_entities_or_a_cut_is_refused(tmp_path: Path, spoil: object, says: str) -> None:
    with pytest.raises(MirrorError, match=says):
        list(read_items(write(tmp_path, "feed.xml", spoil(XML))))  # type: ignore[operator]


def test_a_shopify_product_is_one_item_with_the_sizes_in_stock(tmp_path: Path) -> None:
    path = write(tmp_path, "products.csv", SHOPIFY)
    assert sniff(path) == "shopify"
    coat, cap = read_items(path, mapping=FeedMapping(defaults={"currency": "CHF"}))
    assert coat == Item(
        id="rain-coat", title="Rain coat", category="outerwear", sizes=("M",), gender="women", age="", price=79.0,
        currency="CHF", picture="https://cdn.example/a.jpg?v=1", url="", in_stock=True,
        styles=("casual", "smart"),
    )
    assert isinstance(cap, Item)
    assert (cap.category, cap.in_stock, cap.gender) == ("hat", False, "unisex")


def test_a_shops_own_columns_words_and_separators_are_mapped(tmp_path: Path) -> None:
    toml = write(tmp_path, "mapping.toml", """
[columns]
id = "SKU"
category = "Warengruppe"
title = "Name"
picture = "Bild"
price = "Preis"
sizes = "Groessen"
gender = "Für"
[defaults]
currency = "EUR"
[categories]
"Deko" = ""
"Spezial" = "top"
[sizes]
separator = "/"
""")
    path = write(tmp_path, "feed.csv", "SKU;Name;Warengruppe;Bild;Preis;Groessen;Für\n"
                 "1;Jacke;Winterjacken;1.jpg;99,90;S/M;Damen\n2;Kerze;Deko;2.jpg;9;;\n3;X;Spezial;3.jpg;9;S;Herren\n"
                 "4;Y;Gartenstuhl;4.jpg;9;S;Herren\n")
    report = Understanding()
    from catalog.ingest import numbered_items
    rows = [row for _, row in numbered_items(path, None, FeedMapping.load(toml), report)]
    assert [(r.id, r.category, r.sizes, r.gender) for r in rows if isinstance(r, Item)] == [
        ("1", "outerwear", ("S", "M"), "women"), ("3", "top", ("S",), "men"),
    ]
    assert [(r.line, r.field) for r in rows if isinstance(r, RowError)] == [(5, "category")]
    assert report.unknown == {"Gartenstuhl": 1}


@pytest.mark.parametrize(("text", "category"), [
    ("Women > Clothing > Dresses", "dress"), ("Shirt dress", "dress"), ("Boxer shorts", "underwear"),
    ("T-Shirts", "top"), ("Chaussures à talons / Escarpins", "heels"), ("Dress shirts", "shirt"),
    ("Sommerkleid", "dress"),
    ("Apparel & Accessories > Clothing > Shirts & Tops", "top"), ("Röcke", "skirt"), ("Sofa", None), ("", None),
    ("Pantalones cortos", "shorts"), ("Men's long sleeve T-shirt", "longsleeve"),
])
def test_free_text_names_a_category_in_several_languages(text: str, category: str | None) -> None:
    assert FeedMapping().category(text) == category


def test_words_of_both_genders_are_unisex_and_none_is_none() -> None:
    assert [gender_in(text) for text in ("Women's", "Herren Hemd", "men and women", "kids")] == [
        "women", "men", "unisex", None,
    ]


@pytest.mark.parametrize(("toml", "says"), [
    ("[colums]\n", r"\[colums\] is unknown; did you mean 'columns'"), ("[columns]\nide = 'x'\n", "ide is no column"),
    ("[categories]\nx = 'shrit'\n", "'shrit' is no category; did you mean 'shirt'"), ("x = [", "is no TOML"),
    ("[columns]\nid = 3\n", "id must be text"), ("columns = 3\n", "is no table"),
])
def test_a_wrong_mapping_says_where(tmp_path: Path, toml: str, says: str) -> None:
    with pytest.raises(MirrorError, match=says):
        FeedMapping.load(write(tmp_path, "m.toml", toml))


def test_parquet_without_its_library_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feed.parquet"
    path.write_bytes(b"PAR1" + bytes(100))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MirrorError, match="needs pyarrow"):
        list(read_items(path))


def test_parquet_is_read_by_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "feed.parquet"
    row = {"ID": "1", "title": "T", "category": "Hemden", "sizes": ["S", "M"], "gender": "men", "price": 9.5,
           "currency": "EUR", "picture": "1.jpg"}
    parquet.write_table(pyarrow.Table.from_pylist([row, {**row, "ID": "2", "price": -1.0}]), path)
    good, bad = read_items(path)
    assert isinstance(good, Item)
    assert (good.id, good.category, good.sizes) == ("1", "shirt", ("S", "M"))
    assert isinstance(bad, RowError)
    assert (bad.line, bad.field) == (2, "price")
