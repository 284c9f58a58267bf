"""Last names as people type them differently, and the key by which they are compared."""

import re
import unicodedata

LONGEST = 40
_APOSTROPHES = "'`´ʹʻʼʽʾʿˈˊˋ՚‘’‛′‵ꞌ＇"
_DASHES = "-\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
# Everything that makes no difference between two names.
_SIGNS = re.compile(rf"[\s.．{re.escape(_APOSTROPHES)}{re.escape(_DASHES)}{_INVISIBLE}]")
_PLAIN = {ord(c): "'" for c in _APOSTROPHES} | {ord(c): "-" for c in _DASHES} | {ord("．"): "."}
_STROKES = str.maketrans("ĐđĦħıŁłŦŧ", "DdHhiLlTt")
_WILDCARDS = frozenset("%_*?[]^")
_INVISIBLES = re.compile(f"[{_INVISIBLE}]")
_LIKE = str.maketrans({c: "\\" + c for c in "%_[\\"})


def surname_key(name: str | None) -> str | None:
    """A last name's key, or None if the text cannot be a last name in Bp."""
    if name is None or refusal(name) is not None:
        return None
    return key(_held(unicodedata.normalize("NFC", name).strip()))


def refusal(name: str) -> str | None:
    """Why this cannot be a last name in Bp."""
    text = unicodedata.normalize("NFC", name).strip()
    if len(text) > LONGEST:
        return "this is longer than a last name in Bp can be (40 characters)"
    if not _WILDCARDS.isdisjoint(text):
        return "wildcards are not needed: the first letters of the last name are enough"
    if any(unicodedata.category(c) == "Cc" for c in text):
        return "a last name holds no control characters"
    held = _held(text)
    if not _fits(held):
        return "Bp cannot hold a character of this name"
    if not any(c.isalnum() for c in key(held)):
        return "a last name, or its first letters, is needed"
    return None


def key(name: str) -> str:
    if name.isascii():
        return _SIGNS.sub("", name).upper()
    letters = unicodedata.normalize("NFC", _SIGNS.sub("", unicodedata.normalize("NFC", name)))
    return unicodedata.normalize("NFC", "".join(map(_upper, letters)))


def like(text: str) -> str:
    """A LIKE pattern for every text with this beginning."""
    return text.translate(_LIKE) + "%"


def _upper(letter: str) -> str:
    capital = letter.upper()
    return letter if _fits(letter) and not _fits(capital) else capital


def _held(name: str) -> str:
    """The name with plain signs and letters where Windows-1252 has no others."""
    if _fits(name):
        return name
    plain = []
    for c in name:
        if _fits(c):
            plain.append(c)
        elif unicodedata.combining(c) and plain or _INVISIBLES.match(c):
            continue
        else:
            sign = _PLAIN.get(ord(c)) or (" " if c.isspace() else c)
            base = unicodedata.normalize("NFD", sign)[0].translate(_STROKES)
            plain.append(base if _fits(base) else sign)
    return "".join(plain)


def _fits(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
