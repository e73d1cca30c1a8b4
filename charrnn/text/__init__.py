"""From files to characters as numbers, and what counting them achieves."""

#: Unicode's normal forms in which a text can be read: composed and decomposed.
FORMS = ("nfc", "nfd")
