"""Alipay: payments by a page of its own or by a code to scan, in yuan."""

from __future__ import annotations

from zhifu.providers.alipay._provider import AlipayProvider

__all__ = ["AlipayProvider"]
