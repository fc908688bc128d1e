"""A database is of a rehearsal or of money: SERVE-3."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import database_url, databases
from zhifu.anvil import free_port
from zhifu.api.api_keys import Mode
from zhifu.api.books_mode import tie
from zhifu.config import Settings
from zhifu.doctor import Finding, Verdict, examine
from zhifu.exceptions import InvalidInput
from zhifu.store import Store

__all__ = ["database_url", "databases"]


@pytest.mark.parametrize(("first", "other"), [(Mode.TEST, Mode.LIVE), (Mode.LIVE, Mode.TEST)])
def test_the_first_service_on_a_database_decides(
    database_url: str, first: Mode, other: Mode
) -> None:
    """SERVE-3"""
    with Store.open(database_url) as store:
        tie(store, first)
        with pytest.raises(InvalidInput) as refused:
            tie(store, other)
        assert refused.value.field == "database.url"
        tie(store, first)


def examined(database_url: str, home: Path) -> Finding:
    nowhere = f"http://127.0.0.1:{free_port()}"
    account = {"ZHIFU_PROVIDERS__PLAY__KIND": "sandbox"}
    given = {"ZHIFU_DATABASE": database_url, "ZHIFU_HOME": str(home), "ZHIFU_RPC": nowhere}
    settings = Settings.load({**given, **account})
    (found,) = (each for each in examine(settings) if each.check == "database.mode")
    return found


@pytest.mark.parametrize(
    ("mode", "verdict"), [(Mode.TEST, Verdict.OK), (Mode.LIVE, Verdict.FAILURE)]
)
def test_the_doctor_tells_that_an_account_is_of_the_other_kind(
    database_url: str, tmp_path: Path, mode: Mode, verdict: Verdict
) -> None:
    """SERVE-3"""
    with Store.open(database_url) as store:
        tie(store, mode)
    assert examined(database_url, tmp_path).verdict is verdict
