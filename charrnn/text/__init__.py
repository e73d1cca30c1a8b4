"""From files to characters as numbers, and what counting them achieves."""

#: Unicode's normal forms in which a text can be read: composed and decomposed.
FORMS = ("nfc", "nfd")
#: What a text may be made of: one running text, or independent units.
UNITS = ("text", "line", "paragraph", "file")
#: Where a running text is held out: at its end, or in blocks all over it.
HELD_OUT = ("tail", "spread")
#: In place of an encoding: find out for each file in which it is.
AUTO = "auto"
