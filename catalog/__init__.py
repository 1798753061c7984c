"""This shop's items: a feed and its pictures in, one memory-mapped index out, exact filtered answers from it.

    from catalog.build import build; from catalog.filter import Filter; from catalog.index import Catalogue

Knows no model: the embedder is a callable. Imports nothing of the mirror but :mod:`mirror.domain`, and no room of its
own here: what builds an index (fetching, archives, databases) took a mirror that only asks one an eighth of its start.
"""
