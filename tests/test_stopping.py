"""Where texts end, however they are cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn.errors import UsageError
from charrnn.generation.stopping import Rules, Stopper

TEXTS = st.text("ab.\n ", max_size=40)
RULES = st.builds(
    Rules,
    length=st.integers(0, 30),
    lines=st.none() | st.integers(1, 3),
    texts=st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=3).map(tuple),
    until=st.sampled_from([None, "line", "sentence", "paragraph"]),
)


def stopped(text, rules, sizes=()):
    """The result and the reason when `text` comes in pieces of these sizes, then in one."""
    stopper, result, position = Stopper(rules), "", 0
    for size in [*sizes, len(text)]:
        result += stopper.push(text[position : position + size])
        position += size
    return result, stopper.reason


@given(TEXTS, RULES, st.lists(st.integers(1, 5), max_size=20))
def test_the_result_does_not_depend_on_the_pieces(text, rules, sizes):
    whole, reason = stopped(text, rules)
    pieces, other = stopped(text, rules, sizes)
    assert reason == other
    assert pieces == whole


@given(TEXTS, RULES)
def test_what_is_given_out_is_a_beginning_of_the_text_within_all_limits(text, rules):
    result, reason = stopped(text, rules)
    assert text.startswith(result)
    assert not rules.length or len(result) <= rules.length
    assert not any(stop in result for stop in rules.texts)
    assert rules.lines is None or result.count("\n") <= rules.lines
    if reason == "lines":
        assert result.count("\n") == rules.lines
        assert result.endswith("\n")
    if reason == "length" and not rules.texts:
        assert len(result) == rules.length


@given(TEXTS, st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_stop_text_ends_the_text_where_it_is_complete_first(text, stops):
    result, reason = stopped(text, Rules(length=0, texts=tuple(stops)))
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    if not ends:
        assert reason is None
        return
    assert reason == "stop"
    longest = max((s for s in stops if text[: min(ends)].endswith(s)), key=len)
    assert result == text[: min(ends) - len(longest)]


def test_nothing_that_may_begin_a_stop_text_is_given_out_early():
    stopper = Stopper(Rules(length=0, texts=("END",)))
    assert [stopper.push(c) for c in "xENEND."] == ["x", "", "", "EN", "", "", ""]
    assert stopper.reason == "stop"


def test_what_waits_is_given_out_when_the_length_is_reached():
    stopper = Stopper(Rules(length=3, texts=("END",)))
    assert [stopper.push(c) for c in "xENEND"] == ["x", "", "EN", "", "", ""]
    assert stopper.reason == "length"


@pytest.mark.parametrize(
    ("until", "text", "expected"),
    [
        ("line", "one\ntwo\n", "one"),
        ("line", "\n\n one\ntwo", "\n\n one"),
        ("paragraph", "one\ntwo\n\nthree", "one\ntwo\n"),
        ("paragraph", "\n\none\n\nthree", "\n\none\n"),
        ("sentence", "One two. Three.", "One two."),
        ("sentence", '"Is it 3.5?" he said. Yes', '"Is it 3.5?"'),
        ("sentence", "Well...\nno", "Well..."),
        ("sentence", "今日は。明日", "今日は。"),
        ("sentence", "「はい。」と", "「はい。」"),
        ("sentence", "他走了。“去哪里？”", "他走了。"),
        ("sentence", "何!次", "何!"),
        ("sentence", "３．５です．次", "３．５です．"),
        ("sentence", "พ.ศ. 2567", "พ.ศ."),
        ("sentence", "จริงหรือ?เขา", "จริงหรือ?"),
        ("sentence", "မင်္ဂလာပါ။နေ", "မင်္ဂလာပါ။"),
        ("sentence", "राम घर गया। सीता", "राम घर गया।"),
        ("sentence", "کیا؟ ہاں", "کیا؟"),
        ("sentence", "پی۔ایچ۔ڈی ہے۔ ہاں", "پی۔ایچ۔ڈی ہے۔"),
        ("sentence", "هل؟\u200f نعم", "هل؟\u200f"),
        ("sentence", "Իրոք։ Այո", "Իրոք։"),
        ("sentence", "Really‽) No", "Really‽)"),
        ("sentence", "„Ja.“ Nein", "„Ja.“"),
        ("sentence", "Ja‼\ufe0f Nein", "Ja‼\ufe0f"),
        ("sentence", "我……不。是", "我……不。"),
    ],
)
def test_a_unit_ends_where_a_reader_says_it_does(until, text, expected):
    assert stopped(text, Rules(length=0, until=until)) == (expected, "until")


@pytest.mark.parametrize(
    ("until", "prompt", "text", "expected"),
    [
        # The prompt has begun a unit: this one ends.
        ("line", "3 May", ".\ntwo\n", "."),
        ("line", "3 May", "\n\ntwo\n", ""),
        ("line", "one\n3 May. ", "x\ntwo\n", "x"),
        ("paragraph", "one", "\ntwo\n\nthree", "\ntwo\n"),
        ("paragraph", "one\n", "two\n\nthree", "two\n"),
        ("paragraph", "one\n", "\nthree\n\n", ""),
        ("sentence", "One", " two. Three. ", " two."),
        ("sentence", "One. Two", ". Three. ", "."),
        ("sentence", "One. ‘Two", ".’ Three. ", ".’"),
        ("sentence", "今日", "は。明日。", "は。"),
        # It ends with a unit's end, or has no visible character: the next one.
        ("line", "3 May\n", "two\nthree\n", "two"),
        ("line", "3 May\n", "\n two\nthree\n", "\n two"),
        ("line", "3 May\n  ", "\ntwo\nthree\n", "\ntwo"),
        ("line", " \n", "\ntwo\nthree\n", "\ntwo"),
        ("line", "", "\ntwo\nthree\n", "\ntwo"),
        ("paragraph", "one\n\n", "\ntwo\nthree\n\n", "\ntwo\nthree\n"),
        ("paragraph", "one\n\ntwo\n\n", "three\n\n", "three\n"),
        ("sentence", "One.", " Two. Three.", " Two."),
        ("sentence", "One. ", "Two. Three.", "Two."),
        ("sentence", "‘One.", "’ Two. Three.", "’ Two."),
        ("sentence", "One.", ".. Two. Three.", ".. Two."),
        ("sentence", "Version 3.", "5 is out. Three.", "5 is out."),
        ("sentence", "今日は。", "明日。今日", "明日。"),
        ("sentence", "", " One. Two.", " One."),
    ],
)
def test_the_unit_is_the_one_that_the_prompt_has_begun_or_else_the_next(
    until, prompt, text, expected
):
    rules = Rules(length=0, until=until, prompt=prompt)
    for sizes in ([], [1] * len(text)):
        assert stopped(text, rules, sizes) == (expected, "until")


@given(TEXTS, TEXTS, st.sampled_from(["line", "sentence", "paragraph"]))
def test_the_end_of_a_unit_that_the_prompt_has_begun_is_that_of_the_whole_text(prompt, text, until):
    whole, _ = stopped(prompt + text, Rules(length=0, until=until))
    if whole.startswith(prompt) and whole != prompt and not prompt.rstrip().endswith("."):
        assert prompt + stopped(text, Rules(length=0, until=until, prompt=prompt))[0] == whole


@pytest.mark.parametrize(
    ("rules", "alphabet"),
    [
        (Rules(texts=("",)), "ab"),
        (Rules(texts=("ax",)), "ab"),
        (Rules(length=-1), "ab"),
        (Rules(lines=0), "ab\n"),
        (Rules(lines=2), "ab"),
        (Rules(until="line"), "ab."),
        (Rules(until="paragraph"), "ab. "),
        (Rules(until="sentence"), "ab "),
        (Rules(until="sentence"), "ab."),
    ],
)
def test_a_rule_that_can_never_apply_is_refused(rules, alphabet):
    with pytest.raises(UsageError):
        rules.check(alphabet)


def test_only_an_alphabet_without_any_terminator_lacks_a_full_stop():
    with pytest.raises(UsageError, match="no full stop"):
        Rules(until="sentence").check("ab ")
    with pytest.raises(UsageError, match="no space"):
        Rules(until="sentence").check("क।")


def test_possible_rules_pass():
    Rules(lines=2, texts=("ab",)).check("ab\n")
    Rules(until="sentence").check("ab. ")
    Rules(until="sentence").check("今。")
    Rules(until="sentence").check("क। ")
    Rules(until="sentence").check("ก?")
    assert Rules(length=0).endless
    assert not Rules(length=0, lines=1).endless
