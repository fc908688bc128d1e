from __future__ import annotations

from pathlib import Path

import pytest

from zhifu.config import Settings
from zhifu.exceptions import InvalidInput


def test_nothing_set_means_files_below_the_current_folder_and_the_local_chain() -> None:
    settings = Settings.from_environment({})
    assert settings.home == Path(".zhifu")
    assert settings.rpc_url == "http://127.0.0.1:8945"
    assert settings.database_url == "sqlite:///.zhifu/zhifu.sqlite3"
    assert (settings.key, settings.keystore, settings.password) == (None, None, None)
    assert settings.deployment_file(31337) == Path(".zhifu/deployments/31337.json")


def test_the_database_and_deployments_follow_the_home() -> None:
    settings = Settings.from_environment({"ZHIFU_HOME": "/srv/zhifu"})
    assert settings.database_url == "sqlite:////srv/zhifu/zhifu.sqlite3"
    assert settings.deployments == Path("/srv/zhifu/deployments")


def test_variables_win_and_empty_ones_count_as_unset() -> None:
    settings = Settings.from_environment(
        {
            "ZHIFU_RPC": "https://node.example",
            "ZHIFU_DATABASE": "postgresql://db/z",
            "ZHIFU_KEY": "",
        }
    )
    assert settings.rpc_url == "https://node.example"
    assert settings.database_url == "postgresql://db/z"
    assert settings.key is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ZHIFU_RPC", "localhost:8545"),
        ("ZHIFU_RPC", "ftp://node"),
        ("ZHIFU_RPC", "http://"),
        ("ZHIFU_RPC", "http://node:notaport"),
        ("ZHIFU_DATABASE", "zhifu.sqlite3"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings.from_environment({variable: value})
    assert refused.value.field == variable


def test_a_key_and_a_keystore_exclude_each_other() -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings.from_environment({"ZHIFU_KEY": "0x1", "ZHIFU_KEYSTORE": "key.json"})
    assert refused.value.field == "ZHIFU_KEYSTORE"


def test_secrets_do_not_show() -> None:
    settings = Settings.from_environment(
        {"ZHIFU_KEY": "s3cret", "ZHIFU_PASSWORD": "s3cret", "ZHIFU_DATABASE": "x://u:s3cret@db"}
    )
    assert "s3cret" not in repr(settings)
