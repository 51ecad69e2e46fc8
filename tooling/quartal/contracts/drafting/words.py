"""Words in the names of columns, and what they speak for. English for the most part, with some of its neighbours."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIRTH = _words(  # days of birth: events of their own, but seldom those of the feed
    """
    bday birth birthdate birthday born dob geburtsdatum geburtstag
    """
)
TIME = _words(  # columns whose large numbers may count the time since 1970
    """
    at created date datum dt end ended occurred recorded seen start started time updated when zeit
    """
)
STAMP = _words(
    "datetime epoch timestamp ts unix unixtime"
)  # columns whose numbers count the time even if they are small
MONTHS = _words(  # with their abbreviations
    """
    jan january januar janvier januari janeiro jänner feb february februar februari febrero febbraio fev fevereiro
    février fév fevr févr mar march mrz mär märz mars marzo março maart apr april aprile avr avril abr abril may mai
    mayo maio maggio mei jun june juni juin junio junho giu giugno jul july juli juillet juil julio julho lug luglio
    aug august augustus août aout ago agosto sep sept september septembre septiembre setembro settembre oct october
    okt oktober octobre octubre outubro ott ottobre nov november novembre noviembre novembro dec december dez
    dezember dezembro déc décembre dic diciembre dicembre ene enero gen gennaio
    """
)
DAY = _words("date datum day days fecha jour month tag week year yyyymmdd")  # days, or parts of them
DURATION = _words(  # a span, which looks like a time of day
    """
    dauer delay duration duree durata elapsed lap laptime length pace runtime spent split waited waiting
    """
)
LATE = _words(  # ends, changes and loads: later than the event itself
    """
    changed closed deleted due end ended ends expires expiry finish finished inserted last lastupdated loaded
    modified posted retired to until updated valid
    """
)
EVENT = _words(  # when something took place
    """
    at begin created date datetime datum day ds dt entry event hour measured moment observed occurred on order
    ordered placed purchase recorded reported sale signup sold start started tag time timestamp transaction ts
    visit when zeit
    """
)
ENTITY = _words(  # what features are about
    """
    account airline airport area asset borough branch brand building carrier category cause channel city class
    client company country county currency customer department device district division entity exchange faa farm
    field filiale geo group house iata island item kind line location machine market member meter name
    neighborhood org origin ort plant plug pollster product region room segment sensor series shop site sku
    source species stadt state station stock store symbol team ticker type unit user variable vehicle warehouse
    zone
    """
)
QUANTITY = _words("meter stock")  # of these words, what may be counted or measured as well
MEASURED = _words(  # what numbers measure or count, at the end of a name: flight_distance, port_fee, data_usage
    """
    amount amt average balance bytes capacity cnt cost count distance duration fee income kb length mb mean pct percent
    price qty quantity rate revenue score size total usage used volume weight width
    """
)
AGGREGATE = _words(  # what numbers count or sum up, in front of what they do it for: count_store, total_user
    """
    amount amt average avg cnt count max mean median min qty quantity sum total
    """
)
CLASS = _words("category class group kind type zone")  # even of amounts: amount_type
NUMBER = _words("no nr num number")
COUNTED = _words("available children left men people sold staff women")  # after num and number, as plurals are
OF_THINGS = _words("flight hash index mobile phone port status")  # words of ids that quantities may have, too
PERSON = _words(  # names of somebody
    """
    animal author first firstname forename fullname last lastname person surname
    """
)
WEAK = _words(  # groups that features are seldom about
    """
    age comment day description gender grade mon month note notes quarter race remarks season sex signal status
    text title wday weather weekday year
    """
)
ID = _words(  # names and numbers that identify something: no quantities
    """
    bic blz ccode clave cod code codice codigo compte conto cuenta cusip cve ean fips flight gegenkonto geoid gtin guid
    hash iban id idno idx imei index insee isbn isin iso key kod kode konto kostenstelle last4 mandant matricula mobile
    naics nif no nr num number numero nummer nuts phone plz port postal postcode ref rowid rownames siren siret sku ssn
    status telefon tz upc uuid vin wkn zip zipcode
    bukrs buzei bwart charg ebeln ebelp gsber hkont kostl lgnum lgort mandt prctr spart vbeln vkorg vtweg werks
    """
)
KEY = _words(  # what identifies a row
    """
    guid id key rowid uuid
    """
)
PEOPLE = _words(  # whose ids identify somebody, and not a row
    """
    account author baker client contact customer driver employee member owner passenger patient people person
    player student subject user visitor
    """
)
ROW = _words(  # what a row may be
    """
    entry event invoice line message order record row session ticket transaction trip
    """
)
PARTS = _words(  # what several rows of one order, invoice or message have
    """
    item line lineitem part pos posten position seq sequence step zeile
    """
)
PLACE = _words(  # places on a map
    """
    breitengrad easting laengengrad lat latitud latitude latitudine lng lon long longitud longitude longitudine northing
    """
)
OF_DATE = _words(  # parts of dates
    """
    annee anno ano century day decade dia doy giorno hour jahr jour mes mese minute mois mon monat month quarter season
    second semaine semana settimana stunde trimestre wday week weekday woche year yr
    """
)
CODES = _words(  # numbers that are names
    """
    code id key no nr number phone plz postcode ref sku zip zipcode
    """
)
MISSING = _words(  # texts that mean a missing value
    r"""
    -1.#IND -nan 1.#INF 1.#QNAN
    #NV (null) * - -- --- . .. ... <NA> ? ?? MISSING Missing N.A. N/A NA NAN NIL NULL NaN NaT None Null UNKNOWN
    0000-00-00 00.00.0000 00/00/0000 Unknown \N k.A. missing n.a. n/a na nan nil none null undefined unknown
    """
)
ERROR_OF_SHEET = re.compile(r"#[¡¿]?[^\W\d_]{2,15}(?:/0)?[!?]|#N/[^\W\d_]{1,2}|Err:\d{3}")  # in any language: #¡DIV/0!
TOTAL = _words(  # what replaces a name in rows that sum up others
    """
    all alle celkem ensemble gesamt grandtotal insgesamt overall razem subtotal suma sum summe tot totaal total totale
    totales totals toplam zusammen
    """
)
YES_AND_NO = _words("yes no y n true false t f ja nein j oui non si 0 1")
