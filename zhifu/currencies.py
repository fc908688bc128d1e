"""The currencies of ISO 4217 and how many decimals each has.

CLDR's fraction digits (what Babel, ICU and browsers display) say how many decimals people write,
and change with habit: forint, rupiah and Colombian peso have gone between two and none. Providers
and ledgers count in ISO 4217 minor units, so those are listed here. Funds codes, precious metals
and test codes are left out: nobody is paid in them.
"""

from __future__ import annotations

from zhifu.exceptions import UnknownCurrency

_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
        "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
        "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
        "NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST "
        "XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}

#: ISO 4217 code -> decimals of its minor unit.
DECIMALS: dict[str, int] = {
    code: decimals for decimals, codes in _BY_DECIMALS.items() for code in codes.split()
}


def decimals_of(currency: str) -> int:
    """How many decimals the minor unit of ``currency`` has; raises UnknownCurrency."""
    try:
        return DECIMALS[currency]
    except (KeyError, TypeError):
        raise UnknownCurrency(currency) from None
