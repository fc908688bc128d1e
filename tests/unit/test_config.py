"""Settings: where each is from, and every mistake at once (CONFIG-1, 2, 3, 4, 5)."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from zhifu.config import Mistake, Secret, Settings
from zhifu.exceptions import InvalidConfiguration

STRIPE = """
[providers.stripe]
kind = "stripe"
secret_key = "sk_test_file"
webhook_secret = "whsec_file"
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder without a file of settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, *, mode: int = 0o600, name: str = "zhifu.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def mistakes(text: str = "", **variables: str) -> list[Mistake]:
    written(text)
    with pytest.raises(InvalidConfiguration) as refused:
        Settings.load(variables)
    return list(refused.value.mistakes)


def mistake(text: str = "", **variables: str) -> Mistake:
    (one,) = mistakes(text, **variables)
    return one


class TestDefaults:
    def test_nothing_set_means_files_below_the_current_folder_and_the_local_chain(self) -> None:
        settings = Settings.load({})
        assert settings.home == Path(".zhifu")
        assert settings.rpc_url == "http://127.0.0.1:8945"
        assert settings.database_url == "sqlite:///.zhifu/zhifu.sqlite3"
        assert (settings.key, settings.keystore, settings.password) == (None, None, None)
        assert settings.deployment_file(31337) == Path(".zhifu/deployments/31337.json")
        assert (settings.platforms, settings.providers) == ({}, {})
        assert settings.chain.confirmations is None
        assert (settings.batches.size, settings.batches.max_age_milliseconds) == (1_000, 100)

    def test_the_database_and_deployments_follow_the_home(self) -> None:
        settings = Settings.load({"ZHIFU_HOME": "/srv/zhifu"})
        assert settings.database_url == "sqlite:////srv/zhifu/zhifu.sqlite3"
        assert settings.deployments == Path("/srv/zhifu/deployments")

    def test_a_deployment_may_be_kept_elsewhere(self) -> None:
        written('chain.deployment = "network.json"')
        assert Settings.load({}).deployment_file(1) == Path("network.json")


class TestPrecedence:
    """CONFIG-1: the environment wins over the file, the file over the defaults."""

    def test_variables_win_and_empty_ones_count_as_unset(self) -> None:
        settings = Settings.load(
            {
                "ZHIFU_RPC": "https://node.example",
                "ZHIFU_DATABASE": "postgresql://db/z",
                "ZHIFU_KEY": "",
            }
        )
        assert settings.rpc_url == "https://node.example"
        assert settings.database_url == "postgresql://db/z"
        assert settings.key is None

    def test_the_file_in_the_current_folder_is_read(self) -> None:
        written("http.port = 9000")
        assert Settings.load({}).http.port == 9000

    def test_a_file_that_is_named_is_read_instead(self) -> None:
        written("http.port = 9000")
        other = written("http.port = 9001", name="other.toml")
        assert Settings.load({"ZHIFU_CONFIG": str(other)}).http.port == 9001

    @pytest.mark.parametrize(
        ("variable", "value"),
        [("ZHIFU_RPC", "http://two"), ("ZHIFU_CHAIN__RPC", "http://two")],
    )
    def test_a_variable_wins_over_the_file_under_either_name(
        self, variable: str, value: str
    ) -> None:
        written('chain.rpc = "http://one"\nchain.replace_after_seconds = 7')
        settings = Settings.load({variable: value})
        assert settings.rpc_url == "http://two"
        assert settings.chain.replace_after_seconds == 7

    def test_a_variable_for_a_part_leaves_its_neighbours(self) -> None:
        written(STRIPE)
        settings = Settings.load({"ZHIFU_PROVIDERS__STRIPE__SECRET_KEY": "sk_test_variable"})
        arguments = settings.providers["stripe"].arguments
        assert arguments["secret_key"].reveal() == "sk_test_variable"
        assert arguments["webhook_secret"].reveal() == "whsec_file"

    def test_variables_alone_can_say_everything(self) -> None:
        settings = Settings.load(
            {
                "ZHIFU_PLATFORMS__7__KEYSTORES": "a.json",
                "ZHIFU_PLATFORMS__7__PASSWORD": "hunter2",
                "ZHIFU_CHAIN__CONFIRMATIONS": "finalized",
                "ZHIFU_PROVIDERS__CARDS_EU__PLATFORMS": "7",
                "ZHIFU_HTTP__TRUSTED_PROXIES": "10.0.0.0/8,::1",
                "ZHIFU_PROVIDERS__CARDS_EU__KIND": "stripe",
                "ZHIFU_PROVIDERS__CARDS_EU__SECRET_KEY": "sk_test_1",
                "ZHIFU_PROVIDERS__CARDS_EU__WEBHOOK_SECRET": "whsec_1",
                "ZHIFU_PROVIDERS__CARDS_EU__LIVEMODE": "no",
            }
        )
        assert settings.platforms[7].keystores == (Path("a.json"),)
        assert settings.platforms[7].password == Secret("hunter2")
        assert settings.chain.confirmations == "finalized"
        assert settings.providers["cards_eu"].platforms == (7,)
        assert settings.http.trusted_proxies == ("10.0.0.0/8", "::1/128")
        assert settings.providers["cards_eu"].arguments["livemode"] is False

    def test_paths_in_a_file_are_relative_to_it(self) -> None:
        Path("etc").mkdir()
        file = written(
            'platforms.1.keystores = ["keys/a.json"]\nplatforms.2.keystores = ["/b.json"]',
            name="etc/z.toml",
        )
        settings = Settings.load({"ZHIFU_CONFIG": str(file), "ZHIFU_PASSWORD": "x"})
        assert settings.platforms[1].keystores == (Path("etc/keys/a.json"),)
        assert settings.platforms[2].keystores == (Path("/b.json"),)

    def test_a_platform_without_a_password_of_its_own_has_the_one_for_all(self) -> None:
        written(
            'password = "all"\n[platforms.1]\nkeystores = ["a"]\n'
            '[platforms.2]\nkeystores = ["b"]\npassword = "own"\n'
            '[platforms.3]\nkeystores = ["c"]\nprompt = true\n'
        )
        found = {number: each.password for number, each in Settings.load({}).platforms.items()}
        assert found == {1: Secret("all"), 2: Secret("own"), 3: None}

    def test_each_reading_tells_where_it_is_from(self) -> None:
        written("http.port = 9000\nhttp.burst = 5")
        settings = Settings.load({"ZHIFU_HTTP__PORT": "9001"})
        found = {each.field: (each.shown, each.origin) for each in settings.readings}
        assert found["http.port"] == ("9001", "ZHIFU_HTTP__PORT")
        assert found["http.burst"] == ("5", "zhifu.toml")
        assert found["http.host"] == ("127.0.0.1", None)


MANY_MISTAKES = """
hom = "x"
keystore = "key.json"
colour = "red"

[database]
url = "mysql://db"
pool = 3

[chain]
rpc = "localhost:8545"
id = "mainnet"
confirmations = "soon"
timeout_milliseconds = 1.5
replace_after_seconds = true
max_fee_per_gas_wei = -1
plain_keys = "yes"
confirmation = 3

[platforms.0]
keystores = ["a.json"]
password = "x"

[platforms.5000000000]
keystores = ["a.json"]
password = "x"

[platforms.1]
password = "x"

[platforms.2]
keystores = "a.json"
password = "x"

[platforms.3]
keystores = ["a.json"]
password = { file = "absent" }

[platforms.4]
keystores = ["a.json"]
password = { env = "ABSENT" }

[platforms.5]
keystores = ["a.json"]
password = { vault = "x" }

[platforms.6]
keystores = ["a.json", "a.json"]
password = "x"
prompt = true

[platforms.7]
keystores = ["a.json"]
password = 4

[providers.Stripe]
kind = "stripe"

[providers.bank]
kind = "bank"

[providers.cards]
kind = "stripe"
secret_key = "pk_test_1"
account = "me"
livemode = 1
base_url = "ftp://x"
webhook_secrt = "whsec_1"

[batches]
size = 0
max_age_milliseconds = "1s"

[orders]
expiry_seconds = 1

[http]
host = ""
port = 99999
body_limit_bytes = 1
requests_per_second = -1
burst = 0
trusted_proxies = ["everywhere"]
grace_seconds = 0

[notifications]
vault_key = "c2hvcnQ="
webhook_timeout_milliseconds = 1

[retention]
callbacks_days = 0
deliveries_days = 36501
notices_days = "1"

[logging]
level = "loud"
"""

OF_THE_FILE = {
    "hom": "must be the name of a setting: home?",
    "colour": "must be the name of a setting: ",
    "keystore": "must not be set together with ZHIFU_KEY",
    "database.url": "must be a database address",
    "database.pool": "must be the name of a setting: ",
    "chain.rpc": "must be an http or https address",
    "chain.id": "must be an integer from 1",
    "chain.confirmations": "must be an integer from 0 to 10000, or one of safe, finalized",
    "chain.timeout_milliseconds": "must be an integer",
    "chain.replace_after_seconds": "must be an integer",
    "chain.max_fee_per_gas_wei": "must be an integer from 1",
    "chain.plain_keys": "must be true or false",
    "chain.confirmation": "must be the name of a setting: confirmations?",
    "platforms.0": "must be the number of a platform",
    "platforms.5000000000": "must be the number of a platform",
    "platforms.1.keystores": "must be set, in a file or by ZHIFU_PLATFORMS__1__KEYSTORES",
    "platforms.2.keystores": "must be a list of key files",
    "platforms.3.password": "must name a file that can be read: absent (No such file",
    "platforms.4.password": "must name a variable that is set: ABSENT is not",
    "platforms.5.password": "must be text, or one of { file = … } and { env = … }",
    "platforms.6.prompt": "must not be set together with password",
    "platforms.6.keystores": "must name one key file",
    "platforms.7.password": "must be text, or one of",
    "providers.Stripe": "must be a name of small letters",
    "providers.bank.kind": "must be one of stripe, wechatpay, alipay, sandbox",
    "providers.cards.secret_key": "must begin with sk_ or rk_",
    "providers.cards.webhook_secret": "must be set, in a file or by ZHIFU_PROVIDERS__CARDS__WEBHO",
    "providers.cards.account": "must begin with acct_",
    "providers.cards.livemode": "must be true or false",
    "providers.cards.base_url": "must be an https address, or an http one on this machine",
    "providers.cards.platforms": "must be set, in a file or by ZHIFU_PROVIDERS__CARDS__PLATFORMS",
    "providers.cards.webhook_secrt": "must be the name of a setting: webhook_secret?",
    "batches.size": "must be an integer from 1 to 50000",
    "batches.max_age_milliseconds": "must be an integer from 0 to 600000",
    "orders.expiry_seconds": "must be an integer from 60 to 86400",
    "http.host": "must be one line of text",
    "http.port": "must be an integer from 1 to 65535",
    "http.body_limit_bytes": "must be an integer from 1024",
    "http.requests_per_second": "must be an integer from 0",
    "http.burst": "must be an integer from 1",
    "http.grace_seconds": "must be an integer from 1 to 600",
    "http.trusted_proxies": "must be a list of addresses or networks",
    "notifications.vault_key": "must be 32 bytes in base64",
    "notifications.webhook_timeout_milliseconds": "must be an integer from 100",
    "retention.callbacks_days": "must be an integer from 1 to 36500",
    "retention.deliveries_days": "must be an integer from 1",
    "retention.notices_days": "must be an integer from 1",
    "logging.level": "must be one of debug, info, warning, error",
}

OF_VARIABLES = {
    "ZHIFU_DATABSE": ("ZHIFU_DATABSE", "must be the name of a setting: ZHIFU_DATABASE?"),
    "ZHIFU__X": ("ZHIFU__X", "must be the name of a setting, such as"),
    "ZHIFU_LOGING__LEVEL": ("loging", "must be the name of a setting: logging?"),
    "ZHIFU_KEYSTORE__FILE": ("keystore.file", "must not be set together with ZHIFU_KEYSTORE"),
    "ZHIFU_LOGGING__LEVEL__X": ("logging.level.x", "must not be set together with"),
}


class TestMistakes:
    """CONFIG-2: each is told with its setting, its rule and its origin, and all at once."""

    def test_all_are_told_at_once(self) -> None:
        found = mistakes(MANY_MISTAKES, ZHIFU_KEY="0x1")
        told = {each.field: each.rule for each in found}
        assert len(OF_THE_FILE) >= 40
        assert sorted(told) == sorted(OF_THE_FILE)
        wrong = {each for each, rule in OF_THE_FILE.items() if not told[each].startswith(rule)}
        assert {each: told[each] for each in wrong} == {}

    def test_those_of_a_file_name_it_and_missing_ones_name_none(self) -> None:
        for each in mistakes(MANY_MISTAKES, ZHIFU_KEY="0x1"):
            missing = each.rule.startswith("must be set, ")
            assert each.origin == (None if missing else "zhifu.toml")

    @pytest.mark.parametrize(("variable", "expected"), OF_VARIABLES.items())
    def test_those_of_variables_name_them(self, variable: str, expected: tuple[str, str]) -> None:
        others = {"ZHIFU_KEYSTORE": "key.json", "ZHIFU_LOGGING__LEVEL": "info"}
        found = mistake(**{variable: "x"}, **others)
        assert (found.origin, found.field) == (variable, expected[0])
        assert found.rule.startswith(expected[1])
        assert str(found).startswith(f"{variable}: must ")

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("ZHIFU_RPC", "localhost:8545"),
            ("ZHIFU_RPC", "ftp://node"),
            ("ZHIFU_RPC", "http://"),
            ("ZHIFU_RPC", "http://node:notaport"),
            ("ZHIFU_DATABASE", "zhifu.sqlite3"),
            ("ZHIFU_DATABASE", "oracle://db"),
            ("ZHIFU_HTTP__PORT", "80a"),
            ("ZHIFU_HTTP__PORT", "8" * 5_000),
            ("ZHIFU_HTTP__PORT", "٨٠"),
            ("ZHIFU_CHAIN__PLAIN_KEYS", "maybe"),
            ("ZHIFU_CHAIN__CONFIRMATIONS", "-1"),
            ("ZHIFU_HTTP__TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.1/8"),
        ],
    )
    def test_a_wrong_variable_is_refused_by_name(self, variable: str, value: str) -> None:
        assert mistake(**{variable: value}).origin == variable

    def test_a_setting_is_not_given_twice(self) -> None:
        found = mistake(ZHIFU_RPC="http://one", ZHIFU_CHAIN__RPC="http://two")
        assert found == Mistake(
            "chain.rpc", "must not be set together with ZHIFU_RPC", "ZHIFU_CHAIN__RPC"
        )

    def test_a_key_and_a_keystore_exclude_each_other(self) -> None:
        assert mistake(ZHIFU_KEY="0x1", ZHIFU_KEYSTORE="key.json").origin == "ZHIFU_KEYSTORE"

    def test_variables_of_other_programs_are_left_alone(self) -> None:
        Settings.load(
            {"ZHIFU_SERVICE_HOST": "10.0.0.1", "ZHIFU_PORT_80_TCP": "x", "HTTP__PORT": "x"}
        )

    def test_a_file_that_is_named_must_exist(self) -> None:
        found = mistake(ZHIFU_CONFIG="absent.toml")
        assert found.rule.startswith("must name a file that can be read (No such file")

    @pytest.mark.parametrize(
        ("text", "rule"),
        [
            ("http.port = x", "must be a TOML file, and is none at line 1, column 13"),
            ("a = 1\na = 2", "must be a TOML file"),
            ("[http", "must be a TOML file"),
        ],
    )
    def test_a_file_must_be_toml(self, text: str, rule: str) -> None:
        assert mistake(text).rule.startswith(rule)

    def test_a_file_must_be_text(self) -> None:
        Path("zhifu.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(InvalidConfiguration):
            Settings.load({})

    def test_a_value_is_no_table_and_a_table_no_value(self) -> None:
        assert [each.field for each in mistakes("http = 3\n[logging.level]\nx = 1")] == [
            "http",
            "logging.level",
        ]

    def test_one_is_told_alone_and_several_together(self) -> None:
        alone = InvalidConfiguration((Mistake("a.b", "must be c", "f.toml"),))
        assert str(alone) == "a.b: must be c (in f.toml)"
        both = InvalidConfiguration((*alone.mistakes, Mistake("d", "must be e", "ZHIFU_D")))
        assert str(both) == (
            "configuration: must have no mistakes: a.b: must be c (in f.toml); ZHIFU_D: must be e"
        )

    def test_they_travel_as_json_and_between_processes(self) -> None:
        error = InvalidConfiguration((Mistake("a.b", "must be c", "f.toml"),))
        (told,) = json.loads(json.dumps(error.to_dict()))["values"]["mistakes"]
        assert told == {"field": "a.b", "rule": "must be c", "origin": "f.toml"}
        assert pickle.loads(pickle.dumps(error)).mistakes == error.mistakes

    def test_a_database_password_needs_an_address_that_lacks_it(self) -> None:
        for url in ("postgresql://u:p@db/z", "postgresql://db/z", "sqlite:///x"):
            found = mistake(f'[database]\nurl = "{url}"\npassword = "p"')
            assert found.field == "database.password"


class TestSecrets:
    """CONFIG-4, 5: shown nowhere, and taken from nowhere that others may read."""

    SECRET = "s3cret-s3cret"

    def everywhere(self) -> dict[str, str]:
        """Variables that put the secret into every setting that is one."""
        Path("secret").write_text(self.SECRET + "\n")
        Path("secret").chmod(0o600)
        return {
            "ZHIFU_KEY": self.SECRET,
            "ZHIFU_PASSWORD": self.SECRET,
            "ZHIFU_DATABASE": f"postgresql://u:{self.SECRET}@db/z",
            "ZHIFU_RPC": f"https://u:{self.SECRET}@node/{self.SECRET}",
            "ZHIFU_PLATFORMS__1__KEYSTORES": "a.json",
            "ZHIFU_PLATFORMS__1__PASSWORD__FILE": "secret",
            "ZHIFU_PLATFORMS__2__KEYSTORES": "b.json",
            "ZHIFU_PLATFORMS__2__PASSWORD__ENV": "ZHIFU_PASSWORD",
            "ZHIFU_PROVIDERS__CARDS__KIND": "stripe",
            "ZHIFU_PROVIDERS__CARDS__SECRET_KEY": f"sk_{self.SECRET}",
            "ZHIFU_PROVIDERS__CARDS__WEBHOOK_SECRET": f"whsec_{self.SECRET}",
            "ZHIFU_PROVIDERS__CARDS__PLATFORMS": "1,2",
        }

    def test_do_not_show(self, caplog: pytest.LogCaptureFixture) -> None:
        settings = Settings.load(self.everywhere())
        logging.getLogger("test").warning("%s %r %s", settings, settings, vars)
        parts = [repr(settings), str(settings), f"{settings}", repr(settings.readings)]
        parts += [repr(each) for each in (*settings.providers.values(), settings.database)]
        assert settings.key == self.SECRET
        assert self.SECRET not in "".join([*parts, caplog.text])

    def test_do_not_show_in_mistakes(self) -> None:
        bad = dict.fromkeys(self.everywhere(), self.SECRET + "\n")
        bad |= {"ZHIFU_HTTP__PORT": self.SECRET, "ZHIFU_LOGGING__LEVEL": self.SECRET}
        bad["ZHIFU_PROVIDERS__CARDS__KIND"] = "stripe"
        with pytest.raises(InvalidConfiguration) as refused:
            Settings.load(bad)
        assert len(refused.value.mistakes) >= 8
        told = "".join(traceback.format_exception(refused.value))
        assert self.SECRET not in told + json.dumps(refused.value.to_dict()) + repr(refused.value)

    @pytest.mark.parametrize("text", ["{0}", "http.port = {0}", 'a = "{0}', "a = {0} = 2"])
    def test_do_not_show_where_a_file_is_no_toml(self, text: str) -> None:
        told = str(mistake(text.format(self.SECRET)))
        assert self.SECRET not in told

    def test_are_not_written_anywhere(self) -> None:
        secret = Secret(self.SECRET)
        with pytest.raises(TypeError):
            pickle.dumps(secret)
        with pytest.raises(TypeError):
            json.dumps({"x": secret})
        assert self.SECRET not in f"{secret} {secret!r} {[secret]}"

    def test_may_stand_in_the_file_in_another_or_in_a_variable(self) -> None:
        written("one\n", name="one.txt")
        written(
            'password = { env = "TWO" }\nkey = { file = "one.txt" }\n'
            '[database]\nurl = "postgresql://u@db/z"\npassword = "p@ss/w"'
        )
        settings = Settings.load({"TWO": "two"})
        assert (settings.key, settings.password) == ("one", "two")
        assert settings.database_url == "postgresql://u:p%40ss%2Fw@db/z"

    @pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601])
    def test_are_refused_in_a_file_that_others_may_read(self, mode: int) -> None:
        written(STRIPE, mode=mode)
        with pytest.raises(InvalidConfiguration) as refused:
            Settings.load({})
        rule = "must not be where others may read it: chmod 600 zhifu.toml"
        assert {(each.field, each.rule) for each in refused.value.mistakes} == {
            ("providers.stripe.secret_key", rule),
            ("providers.stripe.webhook_secret", rule),
        }

    def test_are_refused_in_a_file_of_their_own_that_others_may_read(self) -> None:
        written("x", name="open.txt", mode=0o644)
        found = mistake('password = { file = "open.txt" }')
        assert found.rule == "must not be where others may read it: chmod 600 open.txt"

    def test_a_database_address_is_one_only_with_a_password(self) -> None:
        written('[database]\nurl = "postgresql://u@db/z"', mode=0o644)
        Settings.load({})
        written('[database]\nurl = "postgresql://u:p@db/z"', mode=0o644)
        with pytest.raises(InvalidConfiguration):
            Settings.load({})

    def test_others_may_read_a_file_without_any(self) -> None:
        written('http.port = 9000\npassword = { env = "P" }', mode=0o644)
        assert Settings.load({"P": "x"}).http.port == 9000

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"x" * 65_537])
    def test_a_file_of_one_must_hold_text(self, content: bytes) -> None:
        path = written("", name="one.txt")
        path.write_bytes(content)
        assert mistake('password = { file = "one.txt" }').field == "password"
