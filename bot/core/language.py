"""Which language a message is in: English, one we cannot answer, or Indonesian in any of its colours.

Never a gate for Indonesian and the regional languages: only clear English and clear foreign languages are named.
"""

import re
import unicodedata

_WORDS = re.compile(r"[a-zà-öø-ÿ']+")

_ENGLISH = frozenset(
    "the is are was am be been can may could should would will do does did i i'm my me we our you your he she his her they their it its this that these "
    "those a an of to in on at for with from by and or but if not what when where who how why which as about there any allowed while during into".split()
)
_INDONESIAN = frozenset(
    "yang di ke dari dan atau itu ini saya aku kami kita boleh tidak gak ga nggak apa apakah bisa kalau kalo untuk dengan pada ada akan sudah udah belum "
    "bagaimana gimana jika karena oleh sih dong ya pak bu asn pns pppk kena yg dgn tdk sy klo".split()
)
_FOREIGN = {
    "es": frozenset("el los las la de un una por para con que como está puedo es en del mi no se al esta hola".split()),
    "fr": frozenset("le les des une est pour avec que je vous dans du et mon ma pas bonjour puis".split()),
    "de": frozenset("der die das und ist ein eine ich nicht mit für auf kann darf zu wie den".split()),
    "nl": frozenset("de het een van en ik niet met voor mag kan zijn op dat wat hoe".split()),
    "pt": frozenset("os uma para com que como posso não em do da meu minha por você".split()),
}


def is_english(text: str) -> bool:
    """True when English function words clearly outnumber Indonesian ones."""
    words = _WORDS.findall(text.lower())
    english = sum(word in _ENGLISH for word in words)
    indonesian = sum(word in _INDONESIAN for word in words)
    return english >= 2 and english > 1.5 * indonesian


def is_foreign(text: str) -> bool:
    """True for a script other than Latin, or a European language other than English."""
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return False
    latin = sum("LATIN" in unicodedata.name(c, "") for c in letters)
    if latin < 0.5 * len(letters):
        return True
    words = _WORDS.findall(text.lower())
    home = sum(word in _INDONESIAN for word in words) + sum(word in _ENGLISH for word in words)
    return any(sum(word in marks for word in words) >= max(3, 0.35 * len(words), home + 2) for marks in _FOREIGN.values())
