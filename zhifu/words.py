"""Exact amounts in words: Chinese financial capitals, and English as on cheques.

The Chinese follow the rules for notes and settlement vouchers (《正确填写票据和结算凭证的基本规定》
of the People's Bank of China, articles 1 to 3). Where these leave a choice: a zero before 角 is
written if 元 is a zero too, and 整 is written behind 元 alone. Amounts finer than 分 go on with
厘, 毫, 丝 and 忽, down to a millionth.
"""

from __future__ import annotations

from babel.numbers import get_currency_name

from zhifu.currencies import decimals_of
from zhifu.exceptions import InvalidInput
from zhifu.languages import Language

FINEST_DECIMALS = 6
"""The most decimals that an amount may have: as many as a ledger has at most."""

LARGEST_WHOLE = 10**20 - 1
"""More of a currency's major units than this are not put into words."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_PARTS = "角分厘毫丝忽"

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("", "", *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))
_THOUSANDS = ("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion")


def in_words(units: int, decimals: int, currency: str, language: Language) -> str:
    """An amount in words: `units` of a currency's major unit, counted to `decimals` decimals.

    140950 with 2 decimals of CNY is `人民币壹仟肆佰零玖元伍角`, and of USD in English `One thousand
    four hundred nine and 50/100 US dollars`. Nothing is rounded. Raises InvalidInput for more
    than 6 decimals or 20 digits before them, and UnknownCurrency.
    """
    if not 0 <= decimals <= FINEST_DECIMALS:
        raise InvalidInput("decimals", f"must be from 0 to {FINEST_DECIMALS}", decimals)
    whole, part = divmod(abs(units), 10**decimals)
    if whole > LARGEST_WHOLE:
        raise InvalidInput("amount", f"must be at most {LARGEST_WHOLE}", units)
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    if language is Language.CHINESE:
        return _chinese(whole, fraction, currency, is_debt=units < 0)
    return _english(whole, fraction, currency, is_debt=units < 0)


def _chinese(whole: int, fraction: str, currency: str, *, is_debt: bool) -> str:
    name = "人民币" if currency == "CNY" else _name(currency, Language.CHINESE)
    said = f"{name}{'负' if is_debt else ''}"
    if not fraction:
        return f"{said}{_chinese_whole(whole)}元整"
    if not whole:
        return said + _chinese_parts(fraction, opened=False)
    # A zero between 元 and 角 is said where the last digit of 元 is one.
    zero = "零" if whole % 10 == 0 and fraction[0] != "0" else ""
    return f"{said}{_chinese_whole(whole)}元{zero}{_chinese_parts(fraction, opened=True)}"


def _chinese_whole(whole: int) -> str:
    for size, name in ((8, "亿"), (4, "万")):
        if whole >= 10**size:
            high, low = divmod(whole, 10**size)
            zero = _DIGITS[0] if low < 10 ** (size - 1) else ""
            return _chinese_whole(high) + name + (zero + _chinese_whole(low) if low else "")
    return _four(whole) or _DIGITS[0]


def _four(group: int) -> str:
    said, is_gap = "", False
    for at in (3, 2, 1, 0):
        digit = group // 10**at % 10
        if digit:
            said += ("零" if is_gap else "") + _DIGITS[digit] + _PLACES[at]
        is_gap = bool(said) and not digit
    return said


def _chinese_parts(fraction: str, *, opened: bool) -> str:
    said, is_gap = "", False
    for digit, place in zip(fraction, _PARTS, strict=False):
        if digit == "0":
            is_gap = True
            continue
        zero = "零" if is_gap and (said or opened) else ""
        said, is_gap = said + zero + _DIGITS[int(digit)] + place, False
    return said


def _english(whole: int, fraction: str, currency: str, *, is_debt: bool) -> str:
    decimals = max(decimals_of(currency), len(fraction))
    part = fraction.ljust(decimals, "0")
    parts = f" and {part}/{10**decimals}" if decimals else ""
    said = f"{'minus ' if is_debt else ''}{_english_whole(whole)}{parts}"
    return f"{said[0].upper()}{said[1:]} {_name(currency, Language.ENGLISH)}"


def _english_whole(whole: int) -> str:
    said: list[str] = []
    for thousand in _THOUSANDS:
        whole, group = divmod(whole, 1_000)
        if group:
            said.append(f"{_hundreds(group)} {thousand}".rstrip())
    return " ".join(reversed(said)) or _ONES[0]


def _hundreds(group: int) -> str:
    hundreds, rest = divmod(group, 100)
    said = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, ones = divmod(rest, 10)
        below = _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
        said.append(_ONES[rest] if rest < 20 else below)
    return " ".join(said)


def _name(currency: str, language: Language) -> str:
    decimals_of(currency)
    return str(get_currency_name(currency, 2, locale=language.locale))
