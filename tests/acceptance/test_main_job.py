"""The main job on the shipped data, as a program runs it: `zhifu replay --json`."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.zhifu_process import EXECUTABLE, ZhifuHere, run

ORDERS = 1_500


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    zhifu = ZhifuHere(tmp_path_factory.mktemp("home"), "http://127.0.0.1:1")
    return zhifu.environment()


def test_a_replay_prints_one_object_and_everything_else_elsewhere(plain: dict[str, str]) -> None:
    words = ["replay", "--orders", str(ORDERS), "--batch-size", "250", "--json"]
    found = run([str(EXECUTABLE), *words], plain)
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert result["orders_accepted"] == result["orders_settled"] == ORDERS
    assert result["orders_lost"] == result["orders_duplicated"] == 0
    assert result["conservation"] is True
    assert result["gas_total"] // ORDERS <= result["gas_per_order"] <= 8_000
    assert set(result["net_positions"]) == {"udemy", "edx", "coursera"}
