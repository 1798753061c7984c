"""This shop's items: a feed and its pictures in, one memory-mapped index out, exact filtered answers from it.

Knows no model: the embedder is a callable. Imports nothing of the mirror but :mod:`mirror.domain`.
"""

from catalog.build import BuildReport, build
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.ingest import read_items
from catalog.schema import COLUMNS, RowError, parse_row

__all__ = [
    "COLUMNS", "BuildReport", "Catalogue", "Filter", "RowError", "build", "parse_row", "read_items",
]
