"""Distinguishes Western text from text of other 8-bit encodings by its words.

In a wrong encoding most words still have letters only, but letters that no language has together: the Polish "Gdańsk"
reads as "Gdañsk" in windows-1252, "Łódź" as "£ódŸ". A word is plausible if its letters beyond ASCII belong to one
language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_WORDS = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_LOOKED_AT = 2_000  # words
_LEFT = 0.4  # which part of the words that are strange in a Western encoding another one may leave so
_ALIKE = 0.02  # encodings that explain nearly as many words as the best one
_VOWELS = 0.2  # which part of the words has a letter that is frequent in Icelandic, or in Albanian
_LATIN = 0.2  # which part of the letters is ASCII, in words with any that is not
_STRANGE = 0.03  # which part of the words is strange in a Western encoding
# quotes, dashes, and signs such as degrees before words, or squares and ordinals after them
_QUOTES = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb\u2039\u203a\u2013\u2014\u2026\u2022\u00a0"
_BEFORE_WORDS = _QUOTES + "\u00bf\u00a1\u00a9\u00ae\u00a7\u00b0\u00b5\u00bd\u00bc\u00be"
_AFTER_WORDS = _QUOTES + "\u00b0\u00b2\u00b3\u00b9\u00aa\u00ba\u2122\u00ae\u00a9\u00a7\u00b1\u00d7"
_BETWEEN_WORDS = re.compile("[\u2019\u2018\u00b4\u2013\u2014\u2026\u00b7\u00a0]")

# the letters beyond ASCII of languages that are written in windows-1252
_WESTERN = (
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüßéèà",  # German
    "áéíóúüñç",  # Spanish
    "àéèíïóòúüç",  # Catalan
    "áâàçéêíóôúü",  # Portuguese; õ and ã only at places of their own
    "àèéìíîòóùú",  # Italian
    "áéëïíóöüèê",  # Dutch
    "åäöéüàáø",  # Swedish, Finnish
    "æøåéóòôèêâüöä",  # Danish, Norwegian
    "áíóúýæøðé",  # Faroese
)
_PORTUGUESE = re.compile(r"[õÕ](?=[eE])|[ãÃ](?=[oesOES]|\b)")
_CEDILLA = re.compile("[çÇ](?=[b-ij-np-tv-z])")  # French and its neighbours have it before a, o, u
_ICELANDIC, _IN_ANY_ICELANDIC = "áðéíóúýþæö", frozenset("áæíó")
_IN_ANY_ALBANIAN = "ë"
_ESTONIAN, _IN_ANY_ESTONIAN, _NOT_ESTONIAN = "äõöüšž", "ä", frozenset("áíóú")
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîșțşţ",  # Romanian
    "čćđšž",  # Croatian, Slovene
    "äöüß",
)
_TURKISH = ("âçğıîöşûüİ",)
_BALTIC = ("āčēģīķļņšūžąęėįų", "äõöüšž")  # Latvian and Lithuanian, Estonian
_OF_MACHINES = ("àâæçéèêëîïôùûüÿ", "äöüß", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöé", "æøå")


@dataclass(frozen=True, slots=True)
class Other:
    """An encoding in which words make sense that make none in a Western one.

    Attributes:
        name: as `iconv` names it.
        example: a word, as it reads there.
        western: the same word in windows-1252.
    """

    name: str
    example: str
    western: str


@dataclass(frozen=True, slots=True)
class _CodePage:
    name: str
    codec: str
    languages: tuple[str, ...]


_OTHERS = (
    _CodePage("CP1250", "cp1250", _CENTRAL),
    _CodePage("ISO-8859-2", "iso8859-2", _CENTRAL),
    _CodePage("CP1254", "cp1254", _TURKISH),
    _CodePage("CP1257", "cp1257", _BALTIC),
    _CodePage("CP850", "cp850", _OF_MACHINES),
    _CodePage("CP852", "cp852", _CENTRAL),
    _CodePage("MACINTOSH", "mac_roman", _OF_MACHINES),
)


def other_encodings(lines: Sequence[bytes]) -> tuple[Other, ...]:
    """The encodings in which the words of these lines make sense, if they make none in windows-1252.

    Empty if they are plausible in windows-1252, or in no encoding that is known here.
    """
    words = _split_words(lines)
    western = [word.decode("cp1252", "replace") for word in words]
    strange = _strange_in_western(words, western)
    if not strange:
        return ()
    found: dict[tuple[str, ...], tuple[float, _CodePage]] = {}
    for page in _OTHERS:
        texts = tuple(word.decode(page.codec, "replace") for word in words)
        found.setdefault(texts, (_explained(texts, page.languages), page))
    best = max(share for share, _ in found.values())
    unexplained = len(strange) / len(words)
    if 1 - best > _LEFT * unexplained or found.get(tuple(western), (0.0, None))[0] == best or unexplained < _STRANGE:
        return ()
    read = next(page for share, page in found.values() if share == best).codec
    changed = [word for word, text in zip(words, western, strict=True) if word.decode(read, "replace") != text]
    example = min(changed, key=len)
    return tuple(
        Other(page.name, example.decode(page.codec, "replace"), example.decode("cp1252", "replace"))
        for share, page in found.values()
        if share >= best - _ALIKE
    )


def _split_words(lines: Iterable[bytes]) -> list[bytes]:
    found: dict[bytes, None] = {}
    for line in lines:
        found |= dict.fromkeys(_WORDS.findall(line))
        if len(found) > _LOOKED_AT:
            break
    return list(found)


def _strange_in_western(words: Sequence[bytes], texts: Sequence[str]) -> list[bytes]:
    parts = [_parts(_PORTUGUESE.sub("o", text)) for text in texts]
    letters = [_beyond_ascii(part) for each in parts for part in each or ()]
    vowels = sum(bool(each & _IN_ANY_ICELANDIC) for each in letters)
    is_albanian = sum(_IN_ANY_ALBANIAN in each for each in letters) > _VOWELS * len(letters)
    others = sum(bool(each & _NOT_ESTONIAN) for each in letters)
    is_estonian = any(_IN_ANY_ESTONIAN in each for each in letters) and others <= _STRANGE * len(letters)
    languages = (
        *_WESTERN,
        *((_ESTONIAN,) if is_estonian else ()),
        *((_ICELANDIC,) if vowels > _VOWELS * len(letters) else ()),
    )
    return [
        word
        for word, text, each in zip(words, texts, parts, strict=True)
        if not _are_in_languages(each, languages) or (_CEDILLA.search(text) and not is_albanian)
    ]


def _explained(texts: Sequence[str], languages: Sequence[str]) -> float:
    """The share of the texts that fit the best matching language; none for another script."""
    letters = [letter for text in texts for letter in text if letter.isalpha()]
    if sum(map(str.isascii, letters)) <= _LATIN * len(letters):
        return 0.0
    parts = [_parts(text) for text in texts]
    return max(sum(_are_in_languages(each, (language,)) for each in parts) for language in languages) / len(texts)


def _parts(text: str) -> list[str] | None:
    """The words of a text, without the signs around and between them; None if letters are mixed with other signs."""
    if not any(map(str.isalpha, text)):
        return [] if text.isprintable() and "\ufffd" not in text else None
    parts = [part.lstrip(_BEFORE_WORDS).rstrip(_AFTER_WORDS) for part in _BETWEEN_WORDS.split(text)]
    return [part for part in parts if part] if all(part.isalpha() for part in parts if part) else None


def _are_in_languages(parts: Sequence[str] | None, languages: Sequence[str]) -> bool:
    """Whether each word has letters of one of the languages only, and no capital within that is beyond ASCII."""
    if parts is None:
        return False
    return all(
        any(_beyond_ascii(part) <= set(language) for language in languages)
        and not any(one.islower() and other.isupper() and not other.isascii() for one, other in pairwise(part))
        for part in parts
    )


def _beyond_ascii(text: str) -> set[str]:
    return {letter if letter == "İ" else letter.lower() for letter in text if not letter.isascii()}
