"""Lists of words by which texts are read: what they tell nothing of, what joins names, what people count with."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words with which sentences begin, and that have their capital from there.
OPENERS = _words(
    "the a an this that these those your our his her its their my and but or so yes no also at in on for from to "
    "with by as if it is there here you we he she they i of when after before both all each every dear hello hi "
    "that's it's here's there's ask take "
    "der die das den dem ein eine im am vom zum zur für von mit ich du sie es "
    "le la les un une des dans pour avec voici el los las una en con para por hay aquí il lo gli o os "
)
# Words with a capital that are no names.
COMMON = _words("i i'm i've i'll i'd am pm ok id url faq ps mr mrs ms dr")
# Words that stand inside of names, without a capital.
JOINING = _words("of the de la le du des del di da van von der den &")
MONTHS = _words(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
# All of a list.
EACH = _words(
    "all each every both everyone everything alle allen beide beiden jede jeden jedes tous toutes chaque "
    "todos todas cada ambos tutti tutte ogni"
)
# Frequent words of English that are rare in other languages.
ENGLISH = _words(
    "the i to of and for on my you with please it that this are what can could would is any them one show find get "
    "tell"
)
# Words that stand in requests of every kind: they tell nothing of which tool is meant.
GENERAL = _words(
    "find get search list look show tell give check see read make take use set go know want need like help please "
    "could would can will let have has do does is are be was were and or the a an of to for in on at by with from it "
    "its this that these those there their my me i you your all any some one each every given return returns using "
    "more about into also then than when which what who where how whether if not no only up out as be put together "
    "hand thing few plan week today errand organised organise organize arrange sort done information detail data "
    "item result name value number id new current available specific user next two three four"
)
