"""Demands read from words: each kind kept by one answer and broken by another; what is not understood is not read."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv.data.render import plain_response
from recenv.data.synthetic import SynthSpec
from recenv.data.synthetic.catalogue import build_catalogue
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.instructions import draw_demands, holds, instruction_text
from recenv.data.world import World
from recenv.records import Action, ScorerRow
from recenv.rewards.rules.checks import KINDS, Check, compliance, read_checks
from recenv.rewards.rules.scorer import NOTHING_READ, ChecksScorer
from recenv.rewards.rules.verdicts import instruction_verdict
from recenv.testing.tiny import tiny_view

BLOCKS = "One.\n\nTwo.\n\nThree."
EN = [
    ("Answer in English.", "language", "This is the place for you.", "这里有一家安静的小店，适合今晚。"),
    ("Please respond using only the Hindi language, no other language is allowed.", "language",
     "यह एक अच्छी जगह है और मैं आप को इस के लिए कहता हूँ", "This is the place for you and me."),
    ("Use at least 5 words.", "words", "one two three four five", "one two three four"),
    ("Answer in less than 5 words.", "words", "one two three four", "one two three four five"),
    ("Answer in 3 to 4 words.", "words", "one two three", "one two three four five"),
    ("Write a 5+ word riddle.", "words", "one two three four five", "one two"),
    ("It must not be less than 3 words.", "words", "one two three", "one two"),
    ("Use around 10 words.", "words", "a b c d e f g h i", "a b c"),
    ("Use at most 10 characters.", "characters", "short one", "this is too long"),
    ("Your response should contain at least 3 sentences.", "sentences", "One. Two! Three?", "Mr. A is here. Two."),
    ("Use fewer than 3 sentences.", "sentences", "It costs 4.5 yuan, e.g. here. Two.", "One. Two. Three."),
    ("There should be exactly 3 paragraphs separated by two line breaks.", "paragraphs", BLOCKS, "One.\n\nTwo."),
    ("Write exactly 2 paragraphs. Separate paragraphs with the markdown divider: ***", "paragraphs", "A\n***\nB", "A\n\nB"),
    ("Paragraph 2 must start with the word two.", "paragraph start", BLOCKS, "One.\n\nThree."),
    ("Include the keywords \"tea\" and 'duck'.", "keywords", "Tea with duck", "tea only"),
    ("Include keywords waste, material and meal. Be kind.", "keywords", "waste material meal", "waste meal"),
    ("Do not use the word \"cheap\".", "forbidden", "cheaper", "A cheap one"),
    ("The word rock should not appear in your response.", "forbidden", "stone", "Rock on"),
    ("Use the word \"tea\" at least twice.", "frequency", "tea and tea", "tea"),
    ("The word tea should not appear more than 1 times.", "frequency", "tea", "tea tea"),
    ("The letter q should appear at least 2 times.", "letters", "Quiet, quick", "quiet"),
    ("Write it without using the letter e.", "letters", "a bad song", "Eve"),
    ("Avoid using the letter o more than twice.", "letters", "long, so", "too long"),
    ("The words loud and busy cannot be in the response.", "forbidden", "quiet", "a busy street"),
    ("Say what it is, but the word museum doesn't appear at all.", "forbidden", "a gallery", "a museum"),
    ("Leave out sad words such as 'gloom' and 'tears', etc.", "forbidden", "joy", "gloom"),
    ("What can you not lift? The reply must be less than 4 words and kind.", "words", "one two three", "one two three four"),
    ("The number of sentences in your whole response should be in the range of 2 to 3.", "sentences", "One. Two.", "One."),
    ("Provide less than a total of 3 sentences.", "sentences", "One. Two.", "One. Two. Three."),
    ("Think first. Separate your thinking and the answer by a line of three asterisks: ***", "paragraphs", "A\n***\nB", "A"),
    ("Separate the essay and the poem with 6 asterisk symbols: ******", "responses", "a\n******\nb", "a"),
    ("At the end add a note starting with \"P.S.\"", "postscript", "Bye\nP.S. see you", "Bye"),
    ("Is it a bird? Answer in lowercase letters only.", "lowercase", "no", "No"),
    ("Make sure that words in your response are in all lowercase letters.", "lowercase", "no", "No"),
    ("Please capitalize every letter.", "uppercase", "YES", "Yes"),
    ("Name exactly 2 places using markdown bullet points.", "bullets", "* a\n* b", "* a"),
    ("Highlight some parts in your response with \"*\", like *this*.", "highlights", "a *b*", "a b"),
    ("End with exactly \"Call me.\"", "ending", "Fine. Call me.", "Call me. Fine."),
    ("Before you answer the following request, repeat it.\n\nName a park.", "repeat", "Name a park.\nZoo", "Zoo"),
    ("Wrap all words into one JSON block.", "json", '{"a": 1}', "a: 1"),
    ("Wrap your entire output in JSON format.", "json", '```json\n{"a": [1]}\n```', "a: 1"),
    ("Add a title in double angular brackets, i.e. <<title>>.", "title", "<<Tea>>\nText", "<Tea> text"),
    ("Highlight at least 2 sections in markdown, i.e. *highlighted section*.", "highlights",
     "*a* and *b c*", "*a* and b"),
    ("Your answer must contain exactly 2 bullet points.", "bullets", "* a\n* b", "* a\n* b\n* c"),
    ("It must have 2 sections, mark the beginning of each section with SECTION X.", "sections",
     "SECTION 1 a SECTION 2 b", "SECTION 1 a"),
    ("It must contain at least 2 placeholders in square brackets, such as [name].", "placeholders",
     "[name] at [place]", "[name]"),
    ("At the end, add a postscript starting with P.P.S", "postscript", "Bye\nP.P.S see you", "Bye\nP.S. see you"),
    ("Your entire response should be in all lowercase letters.", "lowercase", "all small", "Not small"),
    ("Do not use any capital letters.", "lowercase", "all small", "Not small"),
    ("The response should be in all capital letters.", "uppercase", "ALL CAPS", "Not all"),
    ("Use at least 2 words in all capital letters.", "capital words", "VERY GOOD tea", "VERY good tea"),
    ("Do not use any commas.", "marks", "no such thing", "one, two"),
    ("Avoid exclamation marks.", "marks", "calm", "wow!"),
    ("End your response with the exact phrase \"Is that all?\"", "ending", 'Tea. "Is that all?"', "Is that all? Yes."),
    ("Finish your response with this exact phrase: So what is next?", "ending", "Tea. So what is next?", "Tea."),
    ("Wrap your entire response with double quotation marks.", "quotation", '"tea"', '"tea" it is'),
    ("Tell a joke.\nFirst repeat the request word for word without change, then give your answer.", "repeat",
     "Tell a joke. Here: ...", "Here: Tell a joke."),
    ("Give two different responses separated by 6 asterisk symbols: ******.", "responses", "a\n******\nb", "a\n******\na"),
    ("Is it? Answer with one of: \"Yes.\", \"No.\" or \"Maybe.\"", "options", "I say: Yes.", "Perhaps"),
    ("End with a question.", "question", "Tea? Shall we?", "Shall we? Tea."),
    ("Start your response with \"Dear guest\".", "beginning", "Dear guest, tea.", "Tea, dear guest"),
    ("Use a numbered list.", "numbered", "1. tea", "tea"),
]
ZH = [
    ("请用英文回答。", "language", "This is the place for you.", "这里有一家安静的小店，适合今晚。"),
    ("回答不超过十个字。", "hanzi", "就去这家吧味道不错。", "就去这家吧味道真不错。"),
    ("请写8字以上。", "hanzi", "就去这家吧味道不错", "就去这家吧"),
    ("回答用两到三句话。", "sentences", "好的。就去这家。", "好的。就去这家。味道不错。再见。"),
    ("至少写三段。", "paragraphs", "一\n\n二\n\n三", "一\n\n二"),
    ("回答中请包含关键词“火锅”和“安静”。", "keywords", "安静的火锅店", "火锅店"),
    ("不要使用“便宜”一词。", "forbidden", "实惠", "很便宜"),
    ("“火锅”至少出现两次。", "frequency", "火锅，还是火锅", "火锅"),
    ("不要使用感叹号。", "marks", "好", "好！"),
    ("避免使用逗号。", "marks", "好。", "好，好"),
    ("请以JSON格式输出。", "json", '{"名": 1}', "名：1"),
    ("以“祝您愉快”结尾。", "ending", "就去这家，祝您愉快", "祝您愉快，再见"),
    ("整个回答用双引号括起来。", "quotation", "“好的”", "好的"),
    ("最后用一个问句结尾。", "question", "去这家吗？", "去这家。"),
    ("用编号列出。", "numbered", "1. 火锅", "火锅"),
    ("请用恰好两个要点回答。", "bullets", "- 一\n- 二", "- 一"),
    ("只能回答“是”或“否”。", "options", "是", "也许"),
    ("请使用至少两个占位符，例如[地址]。", "placeholders", "[地址][姓名]", "[地址]"),
    ("给出两个不同的回答，用******分隔。", "responses", "一******二", "一"),
    ("第二段以“然后”开头。", "paragraph start", "先。\n\n然后走。", "先。\n\n再走。"),
]


READ = [  # what is read of the instructions above, to the bounds
    "language 'en' 1..", "language 'hi' 1..", "words 'parts' 5..", "words ..4", "words 3..4", "words 'parts' 5..",
    "words 'parts' 3..", "words 8..12", "characters ..10", "sentences 3..", "sentences ..2", "paragraphs 'blank line' 3..3",
    "paragraphs '***' 2..2", "paragraph start '2' 'two' 1..", "keywords 'tea' 'duck' 1..",
    "keywords 'waste' 'material' 'meal' 1..", "forbidden 'cheap' ..0", "forbidden 'rock' ..0", "frequency 'tea' 2..",
    "frequency 'tea' ..1", "letters 'q' 2..", "letters 'e' ..0", "letters 'o' ..2", "forbidden 'loud' 'busy' ..0",
    "forbidden 'museum' ..0", "forbidden 'gloom' 'tears' ..0", "words ..3", "sentences 2..3", "sentences ..2",
    "paragraphs '***' 2..2", "responses 2..2", "postscript 'ps' 1..", "lowercase 1..", "lowercase 1..", "uppercase 1..",
    "items 2..2; bullets 'markdown' 2..2", "highlights 1..", "ending 'Call me.' 1..", "repeat 'Name a park.' 1..", "json 1..",
    "json 1..", "title 1..", "highlights 2..", "bullets 2..2", "sections 'SECTION' 2..", "placeholders 2..",
    "postscript 'pps' 1..", "lowercase 1..", "lowercase 1..", "uppercase 1..", "capital words 2..", "marks ',' '，' ..0",
    "marks '!' '！' ..0", "ending 'Is that all?' 1..", "ending 'So what is next?' 1..", 'quotation \'"\' 1..',
    "repeat 'Tell a joke.' 1..", "responses 2..2", "options 'Yes.' 'No.' 'Maybe.' 1..", "question 1..",
    "beginning 'Dear guest' 1..", "numbered 1..", "language 'en' 1..", "hanzi ..10", "hanzi 8..", "sentences 2..3",
    "paragraphs 3..", "keywords '火锅' '安静' 1..", "forbidden '便宜' ..0", "frequency '火锅' 2..", "marks '!' '！' ..0",
    "marks ',' '，' ..0", "json 1..", "ending '祝您愉快' 1..", 'quotation \'"“”＂\' 1..', "question 1..", "numbered 1..",
    "bullets 2..2", "options '是' '否' 1..", "placeholders 2..", "responses 2..2", "paragraph start '2' '然后' 1..",
]
MORE = [
    ('Avoid the words "cheap" or "free".', "forbidden 'cheap' 'free' ..0"), ("Use the word tea.", "keywords 'tea' 1.."),
    ('Mention "tea" three times.', "frequency 'tea' 3.."), ('Say "tea" exactly twice.', "frequency 'tea' 2..2"),
    ("Use at most two exclamation marks.", "marks '!' '！' ..2"),
    ("Use exactly 3 commas. Do not use the letter q more than twice.", "letters 'q' ..2; marks ',' '，' 3..3"),
    ("The letter e must appear less than 4 times.", "letters 'e' ..3"), ("No letter z.", "letters 'z' ..0"),
    ("Use the keywords rock and roll.", "keywords 'rock' 'roll' 1.."), ("Use the word rock and roll along.", ""),
    ('Do not use words such as "bad".', "forbidden 'bad' ..0"),
    ("不得使用“便宜”，“免费”出现三次以上。", "forbidden '便宜' '免费' ..0"),
    ("“茶”要出现恰好两次。", "frequency '茶' 2..2"), ("请包含“茶”或“酒”。", ""),
    ("以“您好”开头，以“再见”结尾。", "beginning '您好' 1..; ending '再见' 1.."),
    ("Recommend what suits the user, at most 3 at a time, and answer in English.", "items ..3; language 'en' 1.."),
    ("Recommend at most 1 place.", "items ..1"), ("Recommend at most 0 places.", ""), ("Write 3 sentences.", ""),
    ("Your answer should be 3 sentences long.", "sentences 3..3"),
    ("Use two to four sentences, at least 20 words.", "words 'parts' 20..; sentences 2..4"), ("Use only 5 words.", "words ..5"),
    ("Use between 5 and 9 words.", "words 5..9"), ("no more than 5 sentences, about 10 words", "words 8..12; sentences ..5"),
    ("Each paragraph has 3 sentences.", ""),
    ("The title has at most 5 words, the answer at least 50 words.", "words 'parts' 50.."),
    ("Write 3 paragraphs separated by blank lines.", "paragraphs 'blank line' 3..3"),
    ("Write at least 3 paragraphs.", "paragraphs 3.."), ("Write in 3 paragraphs.", ""),
    ("Write exactly 4 bullet points in markdown.", "bullets 'markdown' 4..4"),
    ("Give a bullet list of exactly 4 points.", "bullets 4..4"), ("The number of bullet points should be 3.", "bullets 3..3"),
    ("Name exactly three places, as bullet points.", "items 3..3; bullets 3..3; bullets 1.."),
    ("Use at least 3 bullets.", "bullets 3.."), ("Use at least 4 words in all caps.", "capital words 4.."),
    ("Use fewer than 3 words in capital letters.", "capital words ..2"),
    ("Use exactly 2 capitalized words.", "capital words 2..2"),
    ('Your response must have exactly 3 sections. Mark each section with "SECTION X".', "sections 'SECTION' 3..3"),
    ("There should be at most 4 sections, starting with (Part 1.", "sections 'Part' ..4"),
    ("Include at least 2 placeholders in square brackets, [like this].", "placeholders 2.."),
    ("Include 2 placeholders, [like this].", "placeholders 2.."),
    ("Highlight at least 3 words with *asterisks*.", "highlights 3.."),
    ("Highlight exactly 1 phrase in markdown.", "highlights 1..1"),
    ("Write no less than 4 sections of text. Highlight 2 sections with *asterisks*.", "highlights 2.."),
    ("Highlight some words with *asterisks*.", "highlights 1.."), ("回答不少于五十字，不超过100字。", "hanzi 50..; hanzi ..100"),
    ("写大约50个字。", "hanzi 40..60"), ("分两段回答。", "paragraphs 2..2"),
    ("至少三句话，最多五句。", "sentences 3..; sentences ..5"),
    ("超过20字。", "hanzi 21.."), ("用不到30个字回答。", "hanzi ..29"),
    ('First paragraph must start with "Tea". Write 2 paragraphs separated by blank lines.',
     "paragraphs 'blank line' 2..2; paragraph start '1' 'Tea' 1.."),
    ("Write at least 300 characters.", "characters 300.."), ("Use 5-7 words.", "words 5..7"), ("Use 7-5 words.", ""),
    ("Use at least one and two more words.", ""), ("Use at most 5 or more words.", ""),
    ("Use fewer than one hundred and twenty words.", ""), ("Don't use more than 7 sentences.", "sentences ..7"),
    ("Answer in French and in English.", ""), ("Answer only in French.", "language 'fr' 1.."),
    ("用法语回答。", "language 'fr' 1.."),
    ("Do not answer in French.", ""), ('Write "P.P.S." at the end.', "postscript 'pps' 1.."),
    ("Add a P.S. and a P.P.S.", "postscript 'pps' 1.."),
    ('Start your response with the phrase "Hi" and end it with the phrase "Bye".', "ending 'Bye' 1..; beginning 'Hi' 1.."),
    ("End with this sentence: Is it? Please be kind.", "ending 'Is it?' 1.."), ("Never end with a question.", ""),
    ('Answer "yes" or "no".', "options 'yes' 'no' 1.."), ('Choose one of "a", "b", "c".', "options 'a' 'b' 'c' 1.."),
    ("Wrap it in double quotes. Put the title in double quotation marks.", 'quotation \'"\' 1..'),
    ("Repeat the request first, then answer.\n\nName a park.", "repeat 'Name a park.' 1.."),
    ("Say hello. Then repeat the question before you answer.", "repeat 'Say hello.' 1.."),
]


@pytest.mark.parametrize(("instruction", "kind", "good", "bad"), [*EN, *ZH])
def test_a_demand_is_read_and_decided(instruction: str, kind: str, good: str, bad: str) -> None:
    found = [c for c in read_checks(instruction) if c.kind != "items"]
    assert [c.kind for c in found] == [kind]
    assert found[0].holds(good) and not found[0].holds(bad) and not found[0].holds(" ")
    assert "expected " in found[0].reason(found[0].measure(bad))


@pytest.mark.parametrize(("instruction", "expected"), [*((e[0], read) for e, read in zip([*EN, *ZH], READ, strict=True)), *MORE])
def test_a_demand_is_read_to_its_bounds(instruction: str, expected: str) -> None:
    found = [" ".join([c.kind, *map(repr, c.words), f"{_end(c.least)}..{_end(c.most)}"]) for c in read_checks(instruction)]
    assert "; ".join(found) == expected


def _end(bound: int | None) -> str:
    return "" if bound is None else str(bound)


def test_demands_that_stand_together() -> None:
    last = 'Write exactly 3 paragraphs with blank lines between them. The last paragraph must start with "Three".'
    assert Check("paragraph start", ("3", "Three")) in read_checks(last)
    twice = last.replace("The last", "Or 5 paragraphs with blank lines between them. The last")
    assert Check("paragraph start", ("3", "Three")) in read_checks(twice)
    wrapped = read_checks("The answer should be 4+ words long and be wrapped with double quotation marks.")
    assert [c.kind for c in wrapped] == ["words", "quotation"]


@pytest.mark.parametrize("instruction", [
    "", "Be brief.", "Write a story about a man who has 3 words to say.", "Each sentence should have at most 10 words.",
    "The title must be less than 5 words.", "What is the word count limit?", "I like commas.", "Do not answer in English.",
    "Translate \"use at most 3 words and no commas in your reply\" for me.", "She ended the day with a smile.",
    "Summarize the French Revolution.", "A word of advice: in China, people use chopsticks.", "Write a 500 word story.",
    "Is JSON better than XML?", "What does P.E. mean?", "不要用英文回答",
    "每句话不超过十个字", "他说了三个字。", "推荐适合3个人的餐厅",
])
def test_what_is_no_demand_on_the_answer_is_not_read(instruction: str) -> None:
    assert read_checks(instruction) == ()


def test_bounds_are_those_of_the_words() -> None:
    def bounds(text: str) -> tuple[int | None, int | None]:
        return read_checks(text)[0].least, read_checks(text)[0].most

    assert bounds("Use more than 5 words.") == (6, None)
    assert bounds("Use no more than 5 words.") == (None, 5)
    assert bounds("Do not use more than 1,000 words.") == (None, 1000)
    assert bounds("Use 5 or fewer words.") == (None, 5)
    assert bounds("Use five words or more, total 5 words at least.") == (5, None)
    assert bounds("Use between twelve and twenty words.") == (12, 20)
    assert bounds("少于一百二十个字") == (None, 119)
    assert bounds("回答80到120字") == (80, 120)


def test_a_number_of_letters_stands_near_them_in_their_sentence() -> None:
    assert read_checks("The letter q should appear at least 2 times.") == (Check("letters", ("q",), 2, None),)
    assert read_checks("The letter q should appear 2 times.")[0].within(2)
    assert read_checks("Mind the letter q. Say thanks 2 times.") == ()
    near = "the letter q, as " + "w" * 30 + ", 2 times"
    assert read_checks(f"Write {near}.") and not read_checks(f"Write {near.replace('w' * 30, 'w' * 60)}.")


def test_compliance_counts_the_demands_of_the_text() -> None:
    told = "Recommend at most 2 places. Use no commas. Use at most 3 words."
    assert compliance(told, "a b c") == (2, 2)
    assert compliance(told, "a, b c d") == (2, 0)
    assert compliance(told, "a, b") == (2, 1) and compliance(told, "a, b").score == 0.25
    assert compliance("Be kind.", "x") == (0, 0) and compliance("Be kind.", "x").score == 0.5


def test_a_broken_demand_fails_the_recommendation(tiny_world: World) -> None:
    view = msgspec.structs.replace(tiny_view(tiny_world, "en-1"), instruction="Use no commas and a numbered list.")
    item = view.candidates[0]
    for text, reason in (
        ("1. " + item.name, ""), (item.name, "expected at least 1 numbered entries, came 0"),
        (f"1. {item.name}, good", "expected no marks ',', '，', came 1"),
    ):
        assert instruction_verdict(view, Action(act="recommend", items=(item.id,), text=text), (item,)).reason == reason


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_plain_answers_to_synthetic_instructions_fail_only_where_they_break_a_demand(tiny_world: World, locale: str) -> None:
    pool = build_catalogue(SynthSpec(n_items=200), 1)[locale, "dining"].items
    plain = tiny_view(tiny_world, f"{locale}-1")
    checked = ("places", "language", "length", "question", "calm", "numbered")
    verdicts = []
    for n in range(150):
        draws = Draws(5, f"checks/{locale}", n)
        demands = [d for d in draw_demands(draws, locale, "dining", hard=n % 2 == 0) if d.kind in checked]
        if not demands:
            continue
        start, text = n % (len(pool) - 4), instruction_text(draws, locale, demands)
        named = tuple(pool[start:start + 1 + n % 4])
        view = msgspec.structs.replace(plain, instruction=text, candidates=tuple(pool), slate_size=6)
        wanted = next((str(d.value) for d in demands if d.kind == "language"), locale)
        response = plain_response(named, wanted)
        if wanted != locale and any(d.kind == "length" for d in demands):
            continue  # words of Chinese, characters of English: the two ways of counting differ
        verdict = instruction_verdict(view, Action(act="recommend", items=tuple(i.id for i in named), text=response), named)
        assert verdict.failed != all(holds(d, response, named) for d in demands), (text, response, verdict)
        verdicts.append(verdict.failed)
    assert 5 < sum(verdicts) < len(verdicts) - 5


JUNK = [
    '"', '"a', "'a' ", "*", "***", "[", "<", "<<", "<<a", ".", "1. ", "\n", "use the word ", "«0»", '"a" or ', "not ", "3 ", "3-",
    "不超过3", "repeat the ", "end with ", "in english ", "include ", "keywords a, ", "Section X ", "\ud800", "[1,", "İ", "* a\n",
]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_read_and_measured_quickly(junk: str) -> None:
    text = (junk * 40_000)[:40_000]
    started = time.process_time()
    read_checks.__wrapped__(text)
    for kind in KINDS:
        words = {"paragraph start": ("1", "a"), "language": ("en",)}.get(kind, ("a",))
        Check(kind, words).holds(text)
    assert time.process_time() - started < 2.0  # under one second on an idle core


@settings(deadline=None)
@given(st.lists(st.sampled_from([*JUNK, *(e[0] for e in EN), *(e[0] for e in ZH)]) | st.text(max_size=20), max_size=8))
def test_anything_can_be_read_and_checked(parts: list[str]) -> None:
    text = " ".join(parts)
    for check in read_checks(text):
        assert check.reason(check.measure(text)).startswith("expected ")
        check.holds(text[::-1])


def test_names_and_values_keep_their_language_in_the_scorer_too() -> None:
    """What is left of an answer without what its records hold is in a language."""
    names = ("Das Boot", "Der Untergang", "Das Leben der Anderen")
    evidence = "\n".join(f"name: {name}; city: São Paulo; type: ein Film über die Zeit" for name in names)
    said = {
        "I recommend Das Boot, Der Untergang and Das Leben der Anderen.": 1.0,
        "I recommend Das Boot: it plays in São Paulo and is ein Film über die Zeit.": 1.0,
        "Ich empfehle Ihnen Das Boot und auch die anderen beiden, weil sie sehr gut sind.": 0.0,
        "我推荐您看 Das Boot，它非常好看，值得一看。": 0.0,
    }
    rows = [ScorerRow(dimension="instruction_following", instruction="Answer in English.", evidence=evidence, response=text)
            for text in said]
    scores = ChecksScorer().score(rows)
    assert scores.values.tolist() == list(said.values())
    assert [bool(reason) for reason in scores.reasons] == [value == 0 for value in said.values()]
    assert scores.reasons[3] == "expected text in 'en', came none"


def test_the_scorer_answers_only_where_something_can_be_checked() -> None:
    rows = [
        ScorerRow(dimension="instruction_following", instruction="Use no commas.", query="Hi?", response=text)
        for text in ("None here", "One, here")
    ]
    rows.append(ScorerRow(dimension="instruction_following", instruction="Be kind.", query="Hi?", response="Hello"))
    scores = ChecksScorer().score(rows)
    assert scores.values[:2].tolist() == [1.0, 0.0] and scores.values[2] != scores.values[2]
    assert scores.reasons == ("", "expected no marks ',', '，', came 1", NOTHING_READ)
