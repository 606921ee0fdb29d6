"""What people type into fields, and what is kept of it: the same whatever face it is typed into."""

from typing import Final

EMAILS: Final = {
    " Alice@Example.COM ": "alice@example.com",
    "zoé@example.com": "zoé@example.com",
    "jörg@example.de": "jörg@example.de",
    "info@bücher.lu": "info@bücher.lu",
    "post@xn--bcher-kva.lu": "post@bücher.lu",
    "info@bäckerei-müller.de": "info@bäckerei-müller.de",
    "\u202ame@example.de\u202c": "me@example.de",
    "me\u200b2@example.de": "me2@example.de",
    "ｍｅ３＠ｅｘａｍｐｌｅ．ｄｅ": "me3@example.de",
    "a..b@example.com": None,
    "x@-bad-.example": None,
    "nobody": None,
    "a b@c.lu": None,
}
"""An address as it is typed, and as it is kept: None where it is refused."""

PHONES: Final = {
    "+352 621 123 401": "+352621123401",
    "00352 621 123 402": "+352621123402",
    "+352.621.123.403": "+352621123403",
    "+352/621-123-404": "+352621123404",
    "+352\u00a0621\u2011123\u2011405": "+352621123405",
    "\u202a+352 621 123 406\u202c": "+352621123406",
    "621 123 407": "+352621123407",
    "0621 123 408": "+352621123408",
    "+44 (0)20 7946 0958": "+442079460958",
    "+49 (0) 171 123 45 67": "+491711234567",
    "+39 06 6982 1234": "+390669821234",
    "12": None,
    "+0621123456": None,
    "call me": None,
}
"""A number as it is typed in Luxembourg, and as it is kept."""

VENDOR_FIELDS: Final = {
    "name": {" Café Zoé ": "Café Zoé", "two\nlines": None, "x" * 121: None, "bell\x07": None},
    "slug": {" cafe-zoe ": "cafe-zoe", "Cafe": None, "a--b": None, "-a": None, "x" * 64: None},
    "currency": {" CHF ": "CHF", "eur": None, "XYZ": None, "EURO": None},
    "timezone": {" Europe/Zurich ": "Europe/Zurich", "Mars/Olympus": None, "localtime": None},
    "country": {" CH ": "CH", "ch": None, "ZZ": None, "CHE": None},
}
"""For each field of a vendor what is typed, and what is kept."""
