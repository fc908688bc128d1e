"""STATEMENT-5: amounts in words."""

from __future__ import annotations

from random import Random

import pytest

from zhifu.exceptions import InvalidInput, UnknownCurrency
from zhifu.languages import Language
from zhifu.words import in_words

# The examples of the People's Bank's own rules come first.
CHINESE = {
    "1409.50": "壹仟肆佰零玖元伍角",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分",
    "107000.53": "壹拾万柒仟元零伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
    "0.00": "零元整",
    "1.00": "壹元整",
    "10.00": "壹拾元整",
    "0.50": "伍角",
    "0.05": "伍分",
    "0.55": "伍角伍分",
    "10.50": "壹拾元零伍角",
    "10.05": "壹拾元零伍分",
    "1001.00": "壹仟零壹元整",
    "1010.00": "壹仟零壹拾元整",
    "10000.00": "壹万元整",
    "10001.00": "壹万零壹元整",
    "100010.00": "壹拾万零壹拾元整",
    "1000000.00": "壹佰万元整",
    "20300400.00": "贰仟零叁拾万零肆佰元整",
    "100000000.00": "壹亿元整",
    "100000001.00": "壹亿零壹元整",
    "100050000.00": "壹亿零伍万元整",
    "110000000.00": "壹亿壹仟万元整",
    "1000000000000.00": "壹万亿元整",
    "1000200000000.01": "壹万零贰亿元零壹分",
    "-12.30": "负壹拾贰元叁角",
}

ENGLISH = {
    "0.00": "Zero and 00/100",
    "0.05": "Zero and 05/100",
    "1.00": "One and 00/100",
    "13.40": "Thirteen and 40/100",
    "21.00": "Twenty-one and 00/100",
    "40.00": "Forty and 00/100",
    "100.00": "One hundred and 00/100",
    "110.10": "One hundred ten and 10/100",
    "1409.50": "One thousand four hundred nine and 50/100",
    "1000000.00": "One million and 00/100",
    "1000001.00": "One million one and 00/100",
    "-12.30": "Minus twelve and 30/100",
}


def units(text: str) -> int:
    return int(text.replace(".", ""))


@pytest.mark.parametrize(("amount", "said"), CHINESE.items())
def test_chinese_capitals_follow_the_rules_for_vouchers(amount: str, said: str) -> None:
    assert in_words(units(amount), 2, "CNY", Language.CHINESE) == f"人民币{said}"


@pytest.mark.parametrize(("amount", "said"), ENGLISH.items())
def test_english_words_end_in_a_fraction(amount: str, said: str) -> None:
    assert in_words(units(amount), 2, "USD", Language.ENGLISH) == f"{said} US dollars"


def test_a_ledgers_decimals_are_said_and_not_rounded() -> None:
    assert in_words(1_250_000, 6, "USD", Language.CHINESE) == "美元壹元贰角伍分"
    assert in_words(1_000_001, 6, "USD", Language.CHINESE) == "美元壹元零壹忽"
    said = in_words(12_340_506, 6, "CNY", Language.CHINESE)
    assert said == "人民币壹拾贰元叁角肆分零伍毫零陆忽"
    assert in_words(12_345_600, 6, "USD", Language.ENGLISH) == "Twelve and 3456/10000 US dollars"


def test_a_currency_without_minor_units_has_no_fraction() -> None:
    assert in_words(4900, 0, "JPY", Language.CHINESE) == "日元肆仟玖佰元整"
    assert in_words(4900, 0, "JPY", Language.ENGLISH) == "Four thousand nine hundred Japanese yen"


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(InvalidInput, match="decimals"):
        in_words(1, 7, "CNY", Language.CHINESE)
    with pytest.raises(InvalidInput, match="amount"):
        in_words(10**22, 2, "CNY", Language.CHINESE)
    with pytest.raises(UnknownCurrency):
        in_words(1, 2, "XXY", Language.ENGLISH)


def test_chinese_capitals_read_back_as_the_amount() -> None:
    draw = Random(5)
    for _ in range(20_000):
        digits = draw.randint(1, 20)
        # Zeros in all places are what goes wrong.
        text = "".join(draw.choice("00000123456789") for _ in range(digits))
        amount = int(text)
        said = in_words(amount, 2, "CNY", Language.CHINESE)
        assert read(said.removeprefix("人民币")) == amount, said


def read(said: str) -> int:
    """The cents that capitals stand for, read by the places they name alone."""
    whole, _, part = said.rpartition("元") if "元" in said else ("", "", said)
    cents, digit = 0, 0
    for sign in part.removesuffix("整"):
        if sign in "角分":
            cents, digit = cents + digit * {"角": 10, "分": 1}[sign], 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
    return read_whole(whole) * 100 + cents


def read_whole(said: str) -> int:
    for sign, size in (("亿", 10**8), ("万", 10**4)):
        if sign in said:
            high, _, low = said.rpartition(sign)
            return read_whole(high) * size + read_whole(low)
    number, digit = 0, 0
    for sign in said:
        if sign in "拾佰仟":
            number, digit = number + digit * 10 ** (1 + "拾佰仟".index(sign)), 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(sign)
    return number + digit
