"""The language of a text: by its script, and within a script by letters and frequent words of its own."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew",
    "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "kn": "Kannada", "ko": "Korean",
    "ml": "Malayalam", "mr": "Marathi", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}
ZH_NAMES = {
    "中文": "zh", "汉语": "zh", "普通话": "zh", "华语": "zh", "英文": "en", "英语": "en", "日语": "ja", "日文": "ja",
    "韩语": "ko", "韩文": "ko", "法语": "fr", "法文": "fr", "德语": "de", "德文": "de", "西班牙语": "es", "俄语": "ru",
    "俄文": "ru", "意大利语": "it", "葡萄牙语": "pt", "阿拉伯语": "ar", "泰语": "th", "越南语": "vi",
}
_SCRIPTS = {
    "LATIN": "", "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CYRILLIC": "", "ARABIC": "",
    "DEVANAGARI": "", "BENGALI": "bn", "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "TAMIL": "ta",
    "TELUGU": "te", "THAI": "th", "HEBREW": "he", "GREEK": "el",
}
_DENSE = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
_FREQUENT = {
    "LATIN": {
        "en": "the and of to a in is that it for you with are this on be as your i my we not have can from or was will by "
              "an at but they so what all our me when one if out up no do like who their he she his her has how which more "
              "there its don't i'm it's",
        "es": "de la que el en y los se del las un por con una su para es al lo como más pero sus le ya este sí porque esta "
              "son muy también",
        "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce sont avec il elle nous "
              "vous je mais cette ou",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er "
              "sie ich wir wenn du",
        "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu "
              "sua você são também nós",
        "it": "di e il la che è per un in del non una sono le con della si dei da come più al nel ma i gli ha anche questo "
              "alla delle lo mi ti",
        "fi": "ja on ei se että oli olla mutta kun niin hän ovat myös tai kuin sen joka mitä voi kanssa minä sinä ne olen "
              "tämä vain siitä jos",
        "sw": "ya na wa kwa ni katika la za cha kama hii yake hiyo lakini watu hivyo yangu wake sana kuwa au moja wao huu "
              "mimi wewe yako hapana ili bila pia kila mtu kwamba alikuwa huyo nini",
        "vi": "của và là có không được cho một các người những trong với này để khi đã từ tôi bạn về đến như cũng ra chúng",
        "nl": "de het een en van in is dat op te zijn met voor niet aan er ook als bij maar om uit ze hij je ik naar wordt "
              "deze",
        "sv": "och att det i en är som på av för med den till inte har de jag om ett men var sig från vi kan du",
        "da": "og at det er en i af til på de som med for den ikke har et jeg om men var sig fra vi kan du der",
        "no": "og at det er en i av til på de som med for den ikke har et jeg om men var seg fra vi kan du der",
        "pl": "i w na z się nie do to jest że o jak a po co tak za od przez dla ma są ale czy",
        "cs": "a je v se na to že s z do i o jako pro ale by jsou k za si jsem tak",
        "ro": "și de în a la cu pe că o nu un este pentru din mai care sau ce dar sunt prin",
        "hu": "a az és hogy nem is egy van de ez meg ha csak már mint vagy azt ami",
        "tr": "ve bir bu da de için ile çok ne gibi daha ben olarak kadar var ama sen o mi olan her en",
        "id": "yang dan di untuk dengan dari ini itu tidak dalam pada adalah akan ke kita anda saya bisa atau ada juga "
              "mereka karena",
    },
    "CYRILLIC": {
        "ru": "и в не на что я с он как это по но они мы из у за от так же для вы ты его её или если был быть которые при "
              "до когда",
        "bg": "и на да в се за е от не с че като по са това си ще но как или този може към които ни ми ти съм има",
        "uk": "і в не на що з як це та до за від він але для ми ви є у його вони по я також",
    },
    "ARABIC": {
        "ar": "في من على أن إلى هذا عن لا ما التي الذي هو هي كان مع كل هذه أو ثم لم يا لكن",
        "fa": "و در به از که این را با است برای آن یک می خود های تا هم ما من شما بود اگر نیست شد",
        "ur": "کے کی میں ہے اور سے کا کو پر نے یہ ہیں کہ اس بھی ایک تو نہیں کر ہو آپ تھا وہ کیا",
    },
    "DEVANAGARI": {
        "hi": "के है में की और का से को हैं पर यह एक कि नहीं ने लिए भी हम आप था तो कर इस मैं जो या वह हो थी साथ",
        "mr": "आहे आणि आहेत या हे ते एक मी तो आपण नाही मध्ये त्या होते साठी करण्यासाठी आपल्या किंवा असे माझ्या होता ही पण "
              "आम्ही त्यांच्या की",
        "ne": "छ र को मा छन् हो यो एक लागि पनि गर्न भने म थियो हुन्छ तपाईं हामी यस गर्ने हुन् तथा वा छैन",
    },
}
_OWN = {
    "CYRILLIC": {"uk": "іїєґ", "ru": "ыэё"},
    "ARABIC": {"ur": "ںےٹڈڑھہ", "fa": "پچژگکی", "ar": "ةىأإي"},
    "DEVANAGARI": {"mr": "ळ"},
    "LATIN": {"vi": "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ"},
}
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_HEAD = 8_000
_FEW = 12
"""With fewer letters than this a text may be in any language of its script."""


def detect(text: str) -> str:
    """A code of ``NAMES``; "" where too little of the text tells. Only its first 8,000 characters are looked at."""
    text = unicodedata.normalize("NFC", text[:_HEAD]).casefold()
    scripts: dict[str, int] = {}
    for char, times in Counter(text).items():
        if char.isalpha():
            script = unicodedata.name(char, "?").split()[0]
            if script in _SCRIPTS:
                scripts[script] = scripts.get(script, 0) + times * (2 if script in _DENSE else 1)
    if not scripts:
        return ""
    main = max(scripts, key=lambda s: scripts[s])
    kana = scripts.get("HIRAGANA", 0) + scripts.get("KATAKANA", 0)
    if main in ("CJK", "HIRAGANA", "KATAKANA"):
        return "ja" if kana * 8 > scripts.get("CJK", 0) else "zh"
    if _SCRIPTS[main]:
        return _SCRIPTS[main]
    if scripts[main] < _FEW:
        return ""
    words = _words(text) if main == "DEVANAGARI" else _WORD.findall(text)
    return _within(main, text, words)


def _words(text: str) -> list[str]:
    """Words of a script whose vowel signs are no letters."""
    return [w.strip("।,.!?:;\"'()*“”") for w in text.split()]


def _within(script: str, text: str, words: list[str]) -> str:
    votes = {}
    for code, frequent in _FREQUENT[script].items():
        known = frozenset(frequent.split())
        votes[code] = sum(w.replace("’", "'") in known for w in words) / len(words)
    for code, letters in _OWN.get(script, {}).items():
        votes[code] += 0.5 * min(1.0, 8 * sum(map(text.count, letters)) / len(text))
    best = max(votes, key=lambda c: votes[c])
    return best if votes[best] > 0.08 else ""
