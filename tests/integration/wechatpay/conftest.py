"""What the tests of WeChat Pay have in common."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.integration.wechatpay.scene import (
    keys,
    public_key,
    scene,
    stage,
    staged,
)
from tests.integration.wechatpay.server import WeChat, provider
from zhifu.providers.wechatpay import WeChatPayProvider

__all__ = ["keys", "public_key", "scene", "stage", "staged"]


@pytest.fixture(scope="module")
def server() -> Iterator[WeChat]:
    wechat = WeChat()
    thread = threading.Thread(target=wechat.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield wechat
    wechat.server.shutdown()
    wechat.server.server_close()
    thread.join()


@pytest.fixture
def wechat(server: WeChat) -> WeChat:
    server.answers, server.asked = {}, []
    return server


@pytest.fixture(scope="module")
def zhifu(server: WeChat) -> WeChatPayProvider:
    return provider(server)
