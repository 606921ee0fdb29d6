"""Which field a heading means, in four languages and the words of other loyalty systems. Pure.

Sources of the columns: the import templates and exports of Stamped, Perkstar and Boomerangme, of
spreadsheets kept by hand, and of Punchcard's own lists in each language.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from punchcard.connect.imports.reading.cells import folded
from punchcard.connect.imports.reading.heading_words import field_of_words
from punchcard.connect.imports.vocabulary import ImportField

_BALANCE: Final = "balance solde guthaben stand saldo kontostand currentbalance soldeactuel".split()

_ALIASES: Final[Mapping[ImportField, str]] = {
    ImportField.NAME: """name fullname customername client kunde member membername customer nom
        nomcomplet nomprenom prenomnom vollstandigername kundenname numm ganzennumm cardholder
        titulaire inhaber contactname nomduclient namedeskunden""",
    ImportField.FIRST_NAME: """firstname givenname prenom vorname virnumm forename customerfirstname
        prenomduclient""",
    ImportField.LAST_NAME: """lastname surname familyname nomdefamille nachname familienname
        familljennumm customerlastname zuname""",
    ImportField.EMAIL: """email emailaddress mail mailaddress eaddress adresseemail adressemail
        courriel adressecourriel emailadresse mailadresse emailadress customeremail memberemail
        adresseelectronique""",
    ImportField.PHONE: """phone phonenumber mobile mobilephone cell cellphone tel telephone
        telephonenumber telefon telefonnummer telefonsnummer handy handynummer mobil mobilnummer
        mobiltelefon
        portable numerodetelephone telephoneportable gsm telefonnumm contactnumber customerphone
        mobilenumber rufnummer""",
    ImportField.BIRTHDAY: """birthday birthdate dateofbirth dob birth anniversaire datedenaissance
        naissance geburtstag geburtsdatum gebuertsdag gebuertsdatum bday datumdergeburt""",
    ImportField.LOCALE: "language locale lang langue sprache sprooch preferredlanguage",
    ImportField.STAMPS: """stamps stamp stampcount stampsbalance numberofstamps stampbalance
        currentstamps tampons nombredetampons stempel stempelzahl anzahlstempel stempelen
        zuelvustempelen visits punches passages""",
    ImportField.POINTS: """points pointsbalance pointbalance addpoints loyaltypoints currentpoints
        totalpoints availablepoints soldedepoints nombredepoints pointsdisponibles punkte
        punktestand
        punktestande bonuspunkte treuepunkte punkten punktenstand pts pointsavailable""",
    ImportField.EXTERNAL_CODE: """cardnumber cardno card cardid cardcode cardserialnumber
        serialnumber serial barcode code qrcode membernumber memberid membershipnumber loyaltycard
        loyaltyid
        externalcode externalid customerid customernumber numerodecarte ncarte carte codebarre
        codebarres numeroclient numerodeclient numeromembre kartennummer kartennr karte
        kundennummer kundennr mitgliedsnummer strichcode seriennummer kaartennummer kaart
        clientsnummer membersnummer idcarte""",
    ImportField.MARKETING_CONSENT: """marketingconsent consent optin newsletter marketing
        acceptsmarketing acceptsemailmarketing subscribed emailoptin agreedtonews consentement
        accepteleemarketing acceptelesnouvelles inscritnewsletter einwilligung newsletteranmeldung
        werbungerlaubt hatneuigkeitenzugestimmt averstanen neiegkeeten marketingoptin""",
    ImportField.CONSENT_AT: """consentat consentdate optindate dateofconsent subscribedat
        dateconsentement dateduconsentement einwilligungam datumdereinwilligung consentgivenat
        datumvumaverstan""",
}
_FIELDS: Final = {alias: field for field, aliases in _ALIASES.items() for alias in aliases.split()}


def find_fields(
    headings: Sequence[str], *, has_stamps: bool, has_points: bool
) -> dict[ImportField, int]:
    """Return the column of each field that a heading names, the first of several.

    A balance without a word of what is the points' of a program that has points, else the stamps'.
    What cards of the program do not collect is left out.
    """
    found: dict[ImportField, int] = {}
    for column, heading in enumerate(headings):
        field = field_of_words(heading) or _FIELDS.get(folded(heading))
        if field is None and folded(heading) in _BALANCE:
            field = ImportField.POINTS if has_points else ImportField.STAMPS
        if field is ImportField.STAMPS and not has_stamps:
            field = None
        if field is ImportField.POINTS and not has_points:
            field = None
        if field is not None:
            found.setdefault(field, column)
    if ImportField.NAME in found and ImportField.FIRST_NAME in found:
        # "Nom" beside "Prénom" is the family's alone.
        found.setdefault(ImportField.LAST_NAME, found.pop(ImportField.NAME))
    return found
