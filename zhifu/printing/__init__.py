"""Statements and receipts as people read them, in Chinese and English.

A page is one HTML file without scripts, pictures, fonts or anything else from elsewhere. It is set
for A4 as well as for screens: whoever wants a PDF prints it. Whatever comes from outside is text in
it, never markup.
"""

from zhifu.printing.receipt import receipt_data, receipt_page, receipt_parts
from zhifu.printing.statement import statement_data, statement_page, statement_parts
from zhifu.printing.values import statement_values

__all__ = [
    "receipt_data",
    "receipt_page",
    "receipt_parts",
    "statement_data",
    "statement_page",
    "statement_parts",
    "statement_values",
]
