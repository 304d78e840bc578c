"""What a user says: template tables in Chinese and English, picked by given bits.

Names and constraint texts are data. A template is cut at its own placeholders once, and what is filled in is never
looked at again, so an item called ``{slot}`` or ``%s`` comes out literally.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from recenv.data.render import label
from recenv.records import Constraint, ReactionKind

_HOLE = re.compile(r"(<item>|<need>|<slot>|<said>|<record>)")

_ZH: dict[str, tuple[str, ...]] = {
    "order": (
        "就去<item>吧，谢谢。",
        "好的，我选<item>。",
        "<item>不错，就它了。",
        "那就<item>，谢谢你的推荐。",
        "可以，就定<item>。",
    ),
    "inquire": (
        "<item>看起来不错，它符合“<need>”吗？",
        "我想确认一下，<item>符合“<need>”这一点吗？",
        "我的要求是“<need>”，<item>可以吗？",
        "我对<item>有兴趣，不知道是否符合“<need>”？",
    ),
    "inquire_any": (
        "<item>看起来不错，能再介绍一下吗？",
        "<item>怎么样？",
        "我对<item>有点兴趣，还有别的信息吗？",
        "能说说<item>的情况吗？",
    ),
    "refine": (
        "还有一点：<need>。",
        "对了，我还有个要求：<need>。",
        "补充一下我的要求：<need>。",
        "这些还差一点，我还有个想法：<need>。",
        "另外，我还希望：<need>。",
    ),
    "reject_need": (
        "我说过的：<need>，这些不符合。",
        "这些没有满足我的要求：<need>。",
        "不太对，我的要求是：<need>。",
        "请注意我说过的要求：<need>。换一批吧。",
    ),
    "reject": (
        "这些都不太合适，换一批吧。",
        "没有特别想去的，还有别的吗？",
        "感觉一般，再推荐几个吧。",
        "这些我不太感兴趣，换一换。",
        "不太满意，看看其他的吧。",
    ),
    "answer": (
        "<slot>方面：<need>。",
        "关于<slot>，我的要求是：<need>。",
        "<slot>的话，<need>。",
        "说到<slot>，<need>。",
    ),
    "indifferent": (
        "<slot>方面我没有特别的要求。",
        "<slot>都可以，我不挑。",
        "对<slot>没什么讲究。",
        "<slot>无所谓，你看着推荐吧。",
    ),
    "unclear": (
        "不太明白你问的是什么，请直接推荐吧。",
        "这个我说不上来，你先推荐几个看看。",
        "我没太懂你的意思，先推荐吧。",
        "这个没什么特别要说的，请推荐一下。",
    ),
    "object_claim": (
        "不对，<item>的<slot>不是<said>，而是<record>。",
        "等一下，你说<item>的<slot>是<said>，可实际上是<record>。",
        "<item>的<slot>应该是<record>，不是<said>。",
        "这不是真的：<item>的<slot>是<record>，你却说是<said>。",
    ),
    "object_language": (
        "请用<need>回答。",
        "我看不了这种语言，请用<need>。",
        "能用<need>说吗？",
        "要求是用<need>回答的。",
    ),
    "object_form": (
        "你的回答没按要求来：<need>。",
        "要求没有做到：<need>。",
        "请注意回答的要求：<need>。",
        "形式不对，注意<need>。",
    ),
    "object_wordless": (
        "怎么一句话都没有？请按要求回答。",
        "只有几个名字，什么都没说。请说明一下。",
        "请用文字回答我。",
        "你什么都没介绍，请说说看。",
    ),
    "nothing_more": (
        "没有别的要求了，请推荐吧。",
        "就这些，没有其他要求。",
        "暂时没有别的了，你推荐吧。",
        "没有更多要求了。",
    ),
    "repeat": (
        "没看懂，请再说一遍。",
        "抱歉，我没明白，请再说一次。",
        "你的回复我看不懂，能重新说一下吗？",
        "没太看明白，麻烦再说一遍。",
    ),
    "leave": (
        "算了，我再看看别的吧。",
        "没有合适的，我先走了。",
        "不用了，我自己找吧。",
        "还是算了，谢谢。",
    ),
    "farewell": (
        "好的，谢谢，再见。",
        "没有别的事了，再见。",
        "谢谢你的帮助，再见！",
        "就这些，谢谢，再见。",
    ),
}
_EN: dict[str, tuple[str, ...]] = {
    "order": (
        "I'll go with <item>, thanks.",
        "<item> sounds great, let's take it.",
        "Good, I choose <item>.",
        "<item> it is. Thank you!",
        "That works: <item>, please.",
    ),
    "inquire": (
        "<item> looks good. Does it fit this wish of mine: <need>?",
        "I like <item>, but let me check one thing: <need>?",
        "About <item>, does it match what I want: <need>?",
        "Can you tell me whether <item> meets this: <need>?",
    ),
    "inquire_any": (
        "<item> looks good. Can you tell me more about it?",
        "What is <item> like?",
        "I am curious about <item>. Anything else I should know?",
        "Could you say a bit more about <item>?",
    ),
    "refine": (
        "One more thing: <need>.",
        "I should add a wish: <need>.",
        "Not quite. What I want is this: <need>.",
        "Also, this matters to me: <need>.",
        "Close, but I also have this in mind: <need>.",
    ),
    "reject_need": (
        "I already told you: <need>. These do not fit.",
        "These miss what I asked for: <need>.",
        "Please keep to what I said: <need>.",
        "That is not it. I asked for this: <need>.",
    ),
    "reject": (
        "None of these really suits me, please show me others.",
        "Nothing here appeals to me. Anything else?",
        "Not convinced. Could you suggest some others?",
        "I am not interested in these, please try again.",
        "These are not for me. What else is there?",
    ),
    "answer": (
        "As for the <slot>: <need>.",
        "On <slot>, I would like this: <need>.",
        "Regarding <slot>: <need>.",
        "For the <slot>, here is my wish: <need>.",
    ),
    "indifferent": (
        "I have no particular wish about the <slot>.",
        "Any <slot> is fine with me.",
        "The <slot> does not matter to me.",
        "I do not mind about the <slot>, you choose.",
    ),
    "unclear": (
        "I am not sure what you are asking. Please just recommend something.",
        "I cannot say. Show me a few options first.",
        "I do not quite follow; please make a suggestion.",
        "Nothing special to say about that. What do you recommend?",
    ),
    "object_claim": (
        "That is not right: the <slot> of <item> is <record>, not <said>.",
        "Wait, you said <said> for the <slot> of <item>, but it is <record>.",
        "The <slot> of <item> should be <record>, not <said>.",
        "That is not true: <item> has <record> as its <slot>, and you told me <said>.",
    ),
    "object_language": (
        "Please answer in <need>.",
        "I cannot read this language. In <need>, please.",
        "Could you say that in <need>?",
        "You were asked to answer in <need>.",
    ),
    "object_form": (
        "You did not answer as you were asked to: <need>.",
        "This is not the form I asked for: <need>.",
        "Please mind how you were to answer: <need>.",
        "The form is not right, mind this: <need>.",
    ),
    "object_wordless": (
        "Not a word? Please answer as you were asked to.",
        "Just names and nothing said. Please tell me about them.",
        "Please answer me in words.",
        "You have not told me anything about these.",
    ),
    "nothing_more": (
        "Nothing else, please recommend something.",
        "That is all, no other wishes.",
        "No more for now. What do you recommend?",
        "I have no further wishes.",
    ),
    "repeat": (
        "I did not understand that, please say it again.",
        "Sorry, I could not read that. Could you repeat it?",
        "I cannot make sense of your answer. Once more, please?",
        "That was unclear to me, please try again.",
    ),
    "leave": (
        "Never mind, I will look elsewhere.",
        "Nothing suits me, I am leaving.",
        "Thanks, but I will find something myself.",
        "Let's leave it at that. Bye.",
    ),
    "farewell": (
        "Great, thank you. Goodbye!",
        "That is all, bye.",
        "Thanks for your help, goodbye!",
        "Nothing else, thank you and bye.",
    ),
}


def say(
    kind: ReactionKind,
    locale: str,
    *,
    constraint: Constraint | None = None,
    more: Sequence[Constraint] = (),
    item_name: str = "",
    slot: str = "",
    anything: bool = False,
    bits: int = 0,
) -> str:
    """One utterance for a reaction, in ``locale`` (``zh``; anything else is English).

    constraint: the one that is told (refine, answer), asked about (inquire) or complained about (reject: told before and missed).
    more: further ones told in the same breath. slot: what an answer or an indifferent reaction is about; "" where the question
    was not understood. anything: the question was an open one. bits: a random draw; picks the wording. ``results`` is not the
    user's to say and gives "", and what ``object`` says comes from ``objection``.
    """
    if kind in ("results", "object"):
        return ""
    told = (constraint, *more) if constraint is not None else ()
    need = ("；" if locale == "zh" else "; ").join(map(_plain, told))
    wording = _wording(kind, constraint, slot, anything)
    return _filled(wording, locale, bits, {"<item>": item_name, "<need>": need, "<slot>": label(slot, locale)})


def objection(
    about: Literal["claim", "language", "form", "items", "wordless"], locale: str, bits: int, *, item_name: str = "",
    slot: str = "", said: str = "", record: str = "", wanted: str = "",
) -> str:
    """What a user says against an answer: a claim that the record refutes, its language, its form, the number of items.

    wanted: the language, or the kind of check (``rewards.rules.checks.KINDS``) that the answer did not keep to.
    """
    zh = locale == "zh"
    if about == "language":
        need = _LANGUAGE.get(wanted, (wanted, wanted))[0 if zh else 1]
    else:
        need = _FORM.get("items" if about == "items" else wanted, ("回答的形式", "the form of the answer"))[0 if zh else 1]
    kind = "object_form" if about == "items" else f"object_{about}"
    return _filled(kind, locale, bits, {
        "<item>": item_name, "<slot>": label(slot, locale), "<said>": said, "<record>": record, "<need>": need})


_LANGUAGE = {"zh": ("中文", "Chinese"), "en": ("英文", "English")}
_FORM = {
    "items": ("推荐的数量", "how many places to name"), "words": ("字数", "the number of words"), "hanzi": ("字数", "the length"),
    "characters": ("字数", "the length"), "sentences": ("句数", "the number of sentences"),
    "paragraphs": ("段数", "the number of paragraphs"), "paragraph start": ("段落的开头", "how a paragraph begins"),
    "keywords": ("要提到的词", "the words to mention"), "frequency": ("词出现的次数", "how often a word is used"),
    "forbidden": ("不该用的词", "words to avoid"), "letters": ("字母的次数", "how often a letter is used"),
    "marks": ("标点", "punctuation"), "json": ("JSON格式", "the JSON format"), "title": ("标题", "a title"),
    "highlights": ("要突出的部分", "what to highlight"), "bullets": ("分点列出", "bullet points"),
    "numbered": ("编号", "numbering"), "sections": ("分节", "the sections"), "placeholders": ("占位符", "placeholders"),
    "postscript": ("附言", "a postscript"), "lowercase": ("全部小写", "lower case only"),
    "uppercase": ("全部大写", "capitals only"),
    "capital words": ("大写的词", "words in capitals"), "ending": ("结尾", "the ending"), "beginning": ("开头", "the beginning"),
    "question": ("用问句结尾", "a question at the end"), "quotation": ("引号", "quotation marks"),
    "repeat": ("先重复问题", "repeating the request first"), "responses": ("几个不同的回答", "several answers"),
    "options": ("从给定选项中选", "one of the given options"),
}
"""What a kind of check asks for, in words (zh, en)."""


def _plain(constraint: Constraint) -> str:
    return constraint.text.strip().rstrip("。.；;，,!！")


def _filled(wording: str, locale: str, bits: int, fill: dict[str, str]) -> str:
    variants = (_ZH if locale == "zh" else _EN)[wording]
    return "".join(fill.get(part, part) for part in _HOLE.split(variants[int(bits) % len(variants)]))


def _wording(kind: str, constraint: Constraint | None, slot: str, anything: bool) -> str:
    if kind == "reject" and constraint is not None:
        return "reject_need"
    if kind == "inquire" and constraint is None:
        return "inquire_any"
    if anything and kind in ("answer", "indifferent"):
        return "nothing_more" if constraint is None else "refine"
    if kind in ("answer", "indifferent") and not slot:
        return "unclear" if constraint is None else "refine"
    if kind == "answer" and constraint is None:
        return "indifferent"
    return "reject" if kind == "refine" and constraint is None else kind
