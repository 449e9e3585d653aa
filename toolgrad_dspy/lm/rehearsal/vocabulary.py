"""The words that descriptions of tools are made of, as far as the grammar has to know them."""


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


# Verbs after which something is looked for, given, or found out.
LOOKS = word_set("search find query look locate discover browse filter")
GIVES = word_set("get list retrieve fetch show read obtain provide display")
TELLS = word_set("tell check describe explain calculate compute count compare determine")
# Verbs after which something is made, moved or taken away.
CHANGES = word_set(
    "add append book buy cancel change create delete edit give insert make move order pay post remove rename renew "
    "reserve return save send set store update upload write"
)
# The first thing that such a verb speaks of is not there yet.
MAKES = word_set(
    "add book build buy create find generate get insert list make open plan post reserve schedule search send "
    "start write"
)
VERBS = (
    LOOKS
    | GIVES
    | TELLS
    | CHANGES
    | MAKES
    | word_set(
        "access activate analyse analyze answer apply archive ask assign attach authenticate begin borrow "
        "bring call capture choose clear click clone close collect combine complete configure confirm connect "
        "convert copy crawl cut decode define deploy detect disable do download draw drop enable encode end "
        "enter escalate estimate evaluate execute exit expand export extract fail fill finish follow forecast "
        "format go grow guess halt hang hold hover identify import increase inspect install invite invoke "
        "join keep launch learn leave lend let like load lock log manage map mark measure merge modify "
        "monitor mount navigate note notify parse pause perform pin place play predict prepare press print "
        "process produce publish push put rank rate record redo refresh register reject reload rent replace "
        "reply report request reschedule reset resolve restart restore resume review rotate round run save "
        "scan scrape scroll select sell share simulate sleep solve sort split stop submit subscribe subtract "
        "sum summarise summarize switch sync take talk test think toggle track transfer transform translate "
        "trigger turn type undo unlock upgrade use validate verify view visit wait watch weigh"
    )
)
# Nouns that take no "a".
UNCOUNTED = word_set("weather information info data news text content age time help")
# Written with a capital letter, wherever they stand.
NATIONS = word_set(
    "american arabic british chinese dutch english french german greek indian irish italian japanese korean mexican "
    "moroccan polish portuguese russian spanish swedish thai turkish vietnamese"
)
