"""python-alipay-sdk, imported so that it leaves its importer's logging alone."""

from __future__ import annotations

import importlib
import logging
import sys
from types import ModuleType
from typing import Any


def _import() -> Any:
    # The library configures logging anew when it is imported, which closes every handler there is.
    loggers = ModuleType("alipay.loggers")
    loggers.__dict__["logger"] = logging.getLogger("python-alipay-sdk")
    sys.modules.setdefault(loggers.__name__, loggers)
    return importlib.import_module("alipay")


_library = _import()

#: Signs requests and verifies signatures; its methods that ask the network are not used.
AliPay: Any = _library.AliPay

#: What it raises for a signature type that it was not told to expect.
AliPayException: type[Exception] = importlib.import_module("alipay.exceptions").AliPayException

#: Reads keys, as the library does itself.
RSA: Any = importlib.import_module("Cryptodome.PublicKey.RSA")
