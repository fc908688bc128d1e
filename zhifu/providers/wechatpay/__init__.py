"""WeChat Pay v3: payments by a code to scan or inside WeChat, in yuan."""

from __future__ import annotations

from zhifu.providers.wechatpay._provider import WeChatPayProvider

__all__ = ["WeChatPayProvider"]
