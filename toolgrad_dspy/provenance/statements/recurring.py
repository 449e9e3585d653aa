"""What people say for how often something is to be: "every seven days" is weekly, "on Mondays" too."""

_DAY = r"(mon|tues|wednes|thurs|fri|satur|sun)day"
_EVERY = r"(each|every|per|once an?|one time an?)"
_JEDE = r"(jede\w?|einmal (im|am|pro|in der))"
_CHAQUE = r"(chaque|tou(te)?s les|une fois par)"
_CADA = r"(cada|tod[oa]s (l[oa]s|os|as)|una vez (a la|al|por)|uma vez por)"
_OGNI = r"(ogni|tutti i|tutte le|una volta (a|al|alla|all))"

# For options, as ``meanings.OPTIONS``.
RECURRING: dict[str, str] = {
    "hourly": rf"hour by hour|{_EVERY} (single )?hour|every (60|sixty) minutes|on the hour|stundlich\w*"
    rf"|{_JEDE} stunde|heure par heure|{_CHAQUE} heures?|{_CADA} horas?|{_OGNI} or[ae]",
    "daily": rf"day by day|{_EVERY} (single )?(day|morning|evening|night|afternoon)|every (24|twenty four) hours"
    rf"|nightly"
    rf"|taglich\w*|{_JEDE} (tag|morgen|abend)|jour par jour|{_CHAQUE} (jours?|matins?|soirs?)|quotidien\w*"
    rf"|{_CADA} (dias?|mananas?|noches?|manhas?|noites?)|diariamente|{_OGNI} (giorn[oi]|mattin[ae]|sera)",
    "weekdays": rf"{_EVERY} (week|work(ing)?) ?day|(on )?(weekdays|work(ing)? days)|mon(day)? (to|through"
    rf"|till) fri(day)?"
    r"|werktags|jeden werktag|en semaine|entre semana|nei giorni feriali|dias uteis",
    "weekends": rf"{_EVERY} weekend|(on )?weekends|am wochenende|jedes wochenende|le week end|los fines de semana",
    "weekly": rf"week by week|{_EVERY} week|every (7|seven) days|every {_DAY}|each {_DAY}|on {_DAY}s|wochentlich\w*"
    rf"|{_JEDE} (woche|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)|(mon|diens|donners|frei|sams"
    rf"|sonn)tags"
    rf"|{_CHAQUE} (semaines?|lundis?|mardis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?)"
    rf"|{_CADA} (semanas?|lunes|martes|miercoles|jueves|viernes|sabados?|domingos?)"
    rf"|{_OGNI} (settiman[ae]|lunedi|martedi|mercoledi|giovedi|venerdi|sabato|domenica)",
    "biweekly": r"(every|each) (other|second|two|2) weeks?|every (14|fourteen) days|(once )?(a|every) fortnight"
    r"|fortnightly"
    r"|alle (zwei|2) wochen|jede zweite woche|toutes les (deux|2) semaines|cada (dos|2) semanas|cada quinze dias"
    r"|ogni (due|2) settimane|a cada (duas|2) semanas",
    "monthly": rf"month by month|{_EVERY} month|(of|in) (each|every) month|every (30|thirty) days|monatlich\w*"
    rf"|{_JEDE} monat|{_CHAQUE} mois|{_CADA} mes(es)?|mensual\w*|{_OGNI} mes[ei]|mensalmente",
    "quarterly": rf"{_EVERY} quarter|every (three|3) months|vierteljahrlich\w*|pro quartal|alle (drei|3) monate"
    r"|(chaque|par) trimestre|tous les (trois|3) mois|cada (tres|3) meses|cada trimestre|ogni (tre|3) mesi"
    r"|ogni trimestre",
    "yearly": rf"{_EVERY} year|every (12|twelve) months|annual\w*|jahrlich\w*|{_JEDE} jahr|{_CHAQUE} an(s|nees?)?"
    rf"|{_CADA} anos?|{_OGNI} ann[oi]",
}
