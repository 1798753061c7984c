"""What a thing's name tells of its style, when the feed does not say it: words in English, German, French, Spanish,
Italian and Dutch, written without accents, and what each category usually is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from catalog.plain import plain
from mirror.domain import STYLES

WORDS: Mapping[str, str] = {
    "smart": (
        "smart,formal,business,office,elegant,elegante,elegantes,chic,festlich,evening,cocktail,gala,abend,soiree,"
        "fiesta,noche,tailored,suit,suits,anzug,costume,traje,completo,pak,blazer,blazers,sakko,tuxedo,waistcoat,"
        "trench,wool coat,wool trousers,pinstripe,windowpane,tweed,boucle,houndstooth,crease,dress shirt,dress shoes,"
        "oxford,blouse,bluse,blusa,chemisier,bow,silk,seide,soie,seda,satin,pleated,pencil,wrap dress,tea dress,"
        "slip dress,gown,loafer,loafers,derby,brogue,brogues,monk strap,pump,pumps,court shoes,heels,stiletto,"
        "stilettos,slingback,slingbacks,kitten,mary janes,ballet flats,escarpins,tacones,clutch,satchel,chain bag,"
        "fedora,felt hat,tie,cape,roll neck,chelsea,chelseas,leather tote,cashmere,kaschmir,cachemire"
    ),
    "sporty": (
        "sport,sports,sporty,sportlich,deportivo,deportiva,sportivo,sportief,athletic,active,activewear,running,"
        "runner,runners,gym,fitness,training,workout,yoga,tennis,football,basketball,hiking,outdoor,trail,track,"
        "tracksuit,track pants,jogger,joggers,jogging,legging,leggings,trainer,trainers,sneaker,sneakers,turnschuhe,"
        "baskets,zapatillas,high tops,hoodie,hoodies,sweatshirt,sweatshirts,sudadera,felpa,sweat,sweatpants,anorak,"
        "windbreaker,softshell,fleece,puffer,gilet,swim,surf,ski,cap,trucker,pool slides,slides,backpack,rucksack,"
        "mochila,zaino,roll top pack,tank,rugby,varsity,bomber"
    ),
    "casual": (
        "casual,everyday,weekend,basic,relaxed,leger,freizeit,decontracte,informal,jeans,jean,denim,vaqueros,"
        "spijkerbroek,t shirt,tshirt,tee,tees,tank,camiseta,maglietta,polo,hoodie,sweatshirt,sudadera,jumper,sweater,"
        "pullover,cardigan,knit,cable,fair isle,flannel,check shirt,check,linen,leinen,lin,lino,cargo,chino,chinos,"
        "cord,cords,corduroy,joggers,leggings,shorts,bermuda,parka,puffer,teddy,biker,bomber,gilet,striped,breton,"
        "gingham,floral,print,sundress,shirt dress,wrap skirt,kilt,tartan,trainers,sneakers,boots,espadrilles,"
        "flip flops,slides,sandals,wellingtons,loafers,ballet flats,comfort,tote,crossbody,bucket bag,backpack,straw,"
        "beanie,bobble,bucket hat,beret,cap,canvas,boxy,v neck,long sleeve,ankle boots,vest"
    ),
}
"""Style -> words of it, separated by commas; a word may be of two."""

USUAL: Mapping[str, tuple[str, ...]] = {
    "top": ("casual",), "shirt": ("casual", "smart"), "longsleeve": ("casual",), "outerwear": ("casual", "smart"),
    "trousers": ("casual", "smart"), "shorts": ("casual",), "skirt": ("casual", "smart"),
    "dress": ("casual", "smart"), "shoes": ("casual",), "heels": ("smart",), "boots": ("casual", "smart"),
    "sandals": ("casual",), "bag": ("casual", "smart"), "hat": ("casual",), "underwear": STYLES,
}
"""The styles of a thing whose name tells none, by category."""

_WORDS = {style: frozenset(plain(word) for word in words.split(",")) for style, words in WORDS.items()}
_LONGEST = max(len(word.split()) for words in _WORDS.values() for word in words)


def styles_in(text: str) -> tuple[str, ...]:
    """The styles of which words stand in a free text, in the order of :data:`mirror.domain.STYLES`."""
    words = plain(text).split()
    phrases = {
        " ".join(words[first : first + length]) for length in range(1, _LONGEST + 1)
        for first in range(len(words) - length + 1)
    }
    return tuple(style for style in STYLES if _WORDS[style] & phrases)


@lru_cache(maxsize=4096)
def usual_styles(category: str, title: str, more: str = "") -> tuple[str, ...]:
    """The styles of a thing by its name, then by ``more`` words of the feed (tags, product type), then by its
    category."""
    return styles_in(title) or styles_in(more) or USUAL.get(category, ("casual",))
