"""What shops call the categories, in English, German, French, Spanish, Italian and Dutch; written without accents."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "top": (
        "top,tops,t shirt,t shirts,tshirt,tshirts,tee,tees,tank,tank top,tank tops,camisole,crop top,polo,polos,"
        "shirts tops,vest top,unterhemd,trägertop,debardeur,tee shirt,tee shirts,camiseta,camisetas,maglietta,magliette"
    ),
    "shirt": (
        "shirt,shirts,dress shirt,dress shirts,blouse,blouses,hemd,hemden,bluse,blusen,chemise,chemises,chemisier,"
        "camisa,camisas,blusa,blusas,camicia,camicie,overhemd,overhemden"
    ),
    "longsleeve": (
        "long sleeve,longsleeve,long sleeve top,long sleeve t shirt,sweater,sweaters,sweatshirt,sweatshirts,pullover,"
        "pullovers,jumper,jumpers,hoodie,hoodies,knitwear,strickpullover,langarmshirt,pull,pulls,sweat,jersey,"
        "jerseis,sudadera,sudaderas,maglione,maglioni,felpa,felpe,trui,truien"
    ),
    "outerwear": (
        "jacket,jackets,coat,coats,coats jackets,outerwear,parka,parkas,blazer,blazers,cardigan,cardigans,waistcoat,"
        "gilet,trench,jacke,jacken,mantel,mäntel,weste,westen,sakko,strickjacke,veste,vestes,manteau,manteaux,blouson,"
        "chaqueta,chaquetas,abrigo,abrigos,giacca,giacche,cappotto,cappotti,jas,jassen"
    ),
    "trousers": (
        "trousers,pants,jeans,chino,chinos,leggings,joggers,slacks,hose,hosen,jeanshose,pantalon,pantalons,pantalones,"
        "vaqueros,pantaloni,broek,broeken,spijkerbroek"
    ),
    "shorts": "shorts,bermuda,bermudas,short pants,kurze hose,kurze hosen,shortje,pantalones cortos,pantaloncini",
    "skirt": "skirt,skirts,rock,röcke,jupe,jupes,falda,faldas,gonna,gonne,rok,rokken",
    "dress": (
        "dress,dresses,gown,gowns,shirt dress,shirt dresses,jumpsuit,kleid,kleider,robe,robes,vestido,vestidos,"
        "abito,abiti,jurk,jurken"
    ),
    "shoes": (
        "shoe,shoes,sneaker,sneakers,trainers,loafer,loafers,dress shoes,schuh,schuhe,turnschuhe,halbschuhe,chaussure,"
        "chaussures,baskets,zapato,zapatos,zapatillas,scarpa,scarpe,schoen,schoenen"
    ),
    "heels": "heels,high heels,pumps,stiletto,stilettos,escarpins,tacones,decollete,hakken",
    "boots": "boot,boots,bootie,booties,ankle boots,stiefel,stiefelette,stiefeletten,botte,bottes,bottine,bottines,"
             "bota,botas,botines,stivali,stivale,laarzen",
    "sandals": "sandal,sandals,flip flops,slides,sandale,sandalen,sandales,sandalia,sandalias,sandali",
    "bag": (
        "bag,bags,handbag,handbags,backpack,backpacks,tote,clutch,purse,tasche,taschen,handtasche,handtaschen,rucksack,"
        "sac,sacs,sac a main,bolso,bolsos,mochila,borsa,borse,zaino,tas,tassen"
    ),
    "hat": (
        "hat,hats,cap,caps,beanie,beanies,hut,hüte,mütze,mützen,kappe,chapeau,chapeaux,bonnet,casquette,sombrero,gorra,"
        "gorro,cappello,cappelli,berretto,hoed,muts,pet"
    ),
    "underwear": (
        "underwear,lingerie,bra,bras,briefs,boxer shorts,boxers,panties,socks,unterwäsche,unterhose,bh,sous vetements,"
        "culotte,soutien gorge,ropa interior,sujetador,biancheria intima,intimo,reggiseno,ondergoed"
    ),
}
"""Category -> its words, separated by commas. Longer ones win: a shirt dress is a dress, boxer shorts no shorts."""

GENDER_WORDS: Mapping[str, str] = {
    "women": "women,womens,woman,ladies,lady,female,girls,damen,frauen,femme,femmes,mujer,mujeres,donna,donne,dames",
    "men": "men,mens,man,gentlemen,male,boys,herren,männer,homme,hommes,hombre,hombres,uomo,uomini,heren",
    "unisex": "unisex,uni sex,all genders",
}
"""Gender -> its words. Words of both genders are nobody's alone: unisex."""
