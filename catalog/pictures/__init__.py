"""A feed's pictures that lie in no folder yet: in an archive, or at URLs. They come into a folder beside the index,
from which the mirror's cards read them."""
