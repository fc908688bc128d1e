from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from zhifu.catalogue import (
    REFERENCE_BYTES,
    CatalogueRow,
    DemandRow,
    read_catalogue,
    read_demand,
    shipped_catalogue,
    shipped_demand,
)
from zhifu.exceptions import CatalogueError
from zhifu.money import Money

Write = Callable[[str], Path]

CATALOGUE_HEADER = "platform,ref,title,subject,creator,currency,price_minor,learners,published\n"
CATALOGUE = CATALOGUE_HEADER + (
    "udemy,1,Piano,Music,,USD,4900,120,2017-01-18\n"
    'edx,cs50,"Computer Science, an introduction",Computing,Harvard ,USD,0,99,\n'
    "edx,1,Drawing,,,CNY,,0,\n"
)
DEMAND_HEADER = "date,platform,ref,orders\n"
DEMAND = DEMAND_HEADER + "2015-08-07,edx,cs50,3\n2015-08-07,udemy,1,12\n2015-08-09,udemy,1,1\n"


@pytest.fixture(params=["csv", "csv.gz"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    """Write text to a file of each kind that can be read."""

    def write(text: str) -> Path:
        path = tmp_path / f"file.{request.param}"
        data = text.encode()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path

    return write


def refused_catalogue(path: Path) -> CatalogueError:
    with pytest.raises(CatalogueError) as refused:
        list(read_catalogue(path))
    assert refused.value.file == str(path)
    return refused.value


def refused_demand(path: Path, known: set[tuple[str, str]] | None = None) -> CatalogueError:
    with pytest.raises(CatalogueError) as refused:
        list(read_demand(path, known))
    assert refused.value.file == str(path)
    return refused.value


def test_a_catalogue_is_read_row_by_row(write: Write) -> None:
    piano, computing, drawing = read_catalogue(write(CATALOGUE))
    assert piano == CatalogueRow(
        "udemy", "1", "Piano", "Music", "", "USD", 4900, 120, date(2017, 1, 18)
    )
    assert computing.title == "Computer Science, an introduction"
    assert computing.creator == "Harvard"
    assert computing.published is None
    assert drawing.key == ("edx", "1")


def test_only_a_known_price_above_zero_is_sold(write: Write) -> None:
    priced, free, unknown = read_catalogue(write(CATALOGUE))
    assert [each.is_sold for each in (priced, free, unknown)] == [True, False, False]
    assert [each.price for each in (priced, free, unknown)] == [
        Money(4900, "USD"),
        Money(0, "USD"),
        None,
    ]


def test_demand_is_read_row_by_row(write: Write) -> None:
    rows = list(read_demand(write(DEMAND), {("edx", "cs50"), ("udemy", "1")}))
    assert rows[0] == DemandRow(date(2015, 8, 7), "edx", "cs50", 3)
    assert [row.orders for row in rows] == [3, 12, 1]
    assert rows[1].key == ("udemy", "1")


def test_columns_may_stand_in_any_order(write: Write) -> None:
    path = write("orders,ref,platform,date\n3,cs50,edx,2015-08-07\n")
    assert list(read_demand(path)) == [DemandRow(date(2015, 8, 7), "edx", "cs50", 3)]


def test_a_byte_order_mark_and_carriage_returns_are_taken(write: Write) -> None:
    path = write("\ufeff" + DEMAND.replace("\n", "\r\n"))
    assert len(list(read_demand(path))) == 3


def test_reading_is_lazy(write: Write) -> None:
    rows = read_demand(write(DEMAND + "rubbish\n"))
    assert next(rows).ref == "cs50"


@pytest.mark.parametrize("read", [read_catalogue, read_demand])
def test_an_empty_file_is_refused(write: Write, read: Callable[[Path], object]) -> None:
    with pytest.raises(CatalogueError) as refused:
        list(read(write("")))  # type: ignore[call-overload]
    assert (refused.value.field, refused.value.rule) == ("file", "must not be empty")


def test_a_header_alone_is_refused(write: Write) -> None:
    assert refused_catalogue(write(CATALOGUE_HEADER)).rule == "must have rows below its header"
    assert refused_demand(write(DEMAND_HEADER)).rule == "must have rows below its header"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused_catalogue(tmp_path / "none.csv").rule == "must exist"
    assert refused_demand(tmp_path / "none.csv.gz").rule == "must exist"
    assert refused_demand(tmp_path).rule == "must be readable"


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_text_cut_anywhere_but_between_lines_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.csv"
    path.write_text(DEMAND[:-cut])
    if DEMAND[:-cut].endswith("\n"):
        assert list(read_demand(path))
    else:
        assert refused_demand(path).line >= 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_gzip_file_is_refused(tmp_path: Path, share: float) -> None:
    whole = gzip.compress((DEMAND + "2015-08-09,udemy,1,1\n" * 10_000).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refused_demand(path).rule == "must be a whole gzip file (it is truncated)"


def test_what_is_not_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv.gz"
    path.write_text(DEMAND)
    assert refused_demand(path).rule == "must be an intact gzip file"


def test_a_damaged_gzip_file_is_refused(tmp_path: Path) -> None:
    damaged = bytearray(gzip.compress(DEMAND.encode()))
    damaged[-6] ^= 1  # the checksum
    path = tmp_path / "damaged.csv.gz"
    path.write_bytes(damaged)
    assert refused_demand(path).rule == "must be an intact gzip file"


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("date,platform,ref\n", "orders"),
        ("date,platform,ref,count\n", "orders"),
        ("date,platform,ref,orders,orders\n", "orders"),
        ("date,platform,ref,orders,note\n", "note"),
        ("2015-08-07,edx,cs50,3\n", "date"),
    ],
)
def test_wrong_columns_are_named(write: Write, header: str, column: str) -> None:
    error = refused_demand(write(header + "2015-08-07,edx,cs50,3\n"))
    assert (error.line, error.field) == (1, column)


@pytest.mark.parametrize("row", ["2015-08-08,edx,cs50\n", "2015-08-08,edx,cs50,3,4\n", "\n"])
def test_a_row_of_another_width_is_refused(write: Write, row: str) -> None:
    error = refused_demand(write(DEMAND + row))
    assert (error.line, error.field) == (5, "row")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("2015-13-01,udemy,1,1", "date"),
        ("20150810,udemy,1,1", "date"),
        ("2015-W33-1,udemy,1,1", "date"),
        ("10/08/2015,udemy,1,1", "date"),
        (",udemy,1,1", "date"),
        ("1969-12-31,udemy,1,1", "date"),
        ("1970-01-01,udemy,1,1", "date"),
        ("2106-01-01,udemy,1,1", "date"),
        ("9999-12-31,udemy,1,1", "date"),
        ("2015-08-10,udemy,1,0", "orders"),
        ("2015-08-10,udemy,1,-1", "orders"),
        ("2015-08-10,udemy,1,1.5", "orders"),
        ("2015-08-10,udemy,1, 1", "orders"),
        ("2015-08-10,udemy,1,1_000", "orders"),
        ("2015-08-10,udemy,1,١", "orders"),
        ("2015-08-10,udemy,1,", "orders"),
        (f"2015-08-10,udemy,1,{'9' * 16}", "orders"),
        (f"2015-08-10,udemy,1,{'9' * 5_000}", "orders"),
    ],
)
def test_a_bad_value_of_demand_is_named(write: Write, row: str, column: str) -> None:
    error = refused_demand(write(DEMAND + row + "\n"))
    assert (error.line, error.field) == (5, column)
    assert error.value == row.split(",")[DemandRow._fields.index(column)]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",2,T,S,C,USD,100,0,2017-01-01", "platform"),
        ("udemy,2,,S,C,USD,100,0,2017-01-01", "title"),
        ("udemy,2,T,S,C,usd,100,0,2017-01-01", "currency"),
        ("udemy,2,T,S,C,XYZ,100,0,2017-01-01", "currency"),
        ("udemy,2,T,S,C,,100,0,2017-01-01", "currency"),
        ("udemy,2,T,S,C,USD,1.00,0,2017-01-01", "price_minor"),
        ("udemy,2,T,S,C,USD,-100,0,2017-01-01", "price_minor"),
        ("udemy,2,T,S,C,USD,1e2,0,2017-01-01", "price_minor"),
        ("udemy,2,T,S,C,USD,100,many,2017-01-01", "learners"),
        ("udemy,2,T,S,C,USD,100,,2017-01-01", "learners"),
        ("udemy,2,T,S,C,USD,100,0,2017-02-29", "published"),
        ("udemy,2,T,S,C,USD,100,0,1969-12-31", "published"),
        ("udemy,2,T,S,C,USD,100,0,2107-01-01", "published"),
        ("udemy,1,Piano again,S,C,USD,100,0,2017-01-01", "ref"),
        ("edx,Computing,Another,S,C,USD,100,0,2017-01-01\nedx,,Computing,S,C,USD,1,0,", "ref"),
        ("edx,,Computing,S,C,USD,100,0,2017-01-01\nedx,Computing,Another,S,C,USD,1,0,", "ref"),
        ("edx,,Computing,S,C,USD,100,0,2017-01-01\nedx,,Painting,S,C,USD,1,0,", "ref"),
    ],
)
def test_a_bad_value_of_a_catalogue_is_named(write: Write, row: str, column: str) -> None:
    error = refused_catalogue(write(CATALOGUE + row + "\n"))
    assert (error.line, error.field) == (5 + row.count("\n"), column)


def test_a_ref_may_be_as_long_as_the_chain_takes(write: Write) -> None:
    longest = "钢" * (REFERENCE_BYTES // 3) + "ab"
    rows = list(read_catalogue(write(CATALOGUE + f"udemy,{longest},T,S,C,USD,1,0,\n")))
    assert rows[-1].reference == longest
    error = refused_catalogue(write(CATALOGUE + f"udemy,{longest}c,T,S,C,USD,1,0,\n"))
    assert (error.line, error.field, error.value) == (5, "ref", f"{longest}c")
    assert error.rule == "must have at most 128 bytes as UTF-8"


def test_a_content_without_a_ref_is_called_by_its_title(write: Write) -> None:
    title = "钢" * REFERENCE_BYTES
    rows = list(read_catalogue(write(CATALOGUE + f"udemy,,{title},S,C,USD,1,0,\n")))
    assert rows[-1].reference == title[: REFERENCE_BYTES // 3]
    assert [row.reference for row in rows[:-1]] == ["1", "cs50", "1"]


def test_two_platforms_may_use_the_same_title(write: Write) -> None:
    rows = "udemy,,Computing,S,C,USD,1,0,\nedx,,Computing,S,C,USD,1,0,\n"
    assert len(list(read_catalogue(write(CATALOGUE + rows)))) == 5


@pytest.mark.parametrize(
    ("currency", "highest"),
    [("USD", 109_951_162), ("JPY", 1_099_511), ("BHD", 1_099_511_627)],
)
def test_a_price_is_at_most_what_a_ledger_holds(write: Write, currency: str, highest: int) -> None:
    row = "udemy,2,T,S,C,{},{},0,\n"
    *_, last = read_catalogue(write(CATALOGUE + row.format(currency, highest)))
    assert last.price is not None
    assert last.price.to_ledger_units() < 2**40
    assert Money(highest + 1, currency).to_ledger_units() >= 2**40
    for price in (highest + 1, 10**20):
        error = refused_catalogue(write(CATALOGUE + row.format(currency, price)))
        assert (error.line, error.field) == (5, "price_minor")


def test_the_first_and_the_last_day_are_taken(write: Write) -> None:
    rows = "1970-01-02,udemy,1,1\n2105-12-31,udemy,1,1\n"
    assert len(list(read_demand(write(DEMAND_HEADER + rows)))) == 2


def test_two_platforms_may_use_the_same_ref(write: Write) -> None:
    keys = [row.key for row in read_catalogue(write(CATALOGUE))]
    assert ("udemy", "1") in keys
    assert ("edx", "1") in keys


def test_demand_for_an_unknown_content_is_refused(write: Write) -> None:
    error = refused_demand(write(DEMAND), known={("edx", "cs50"), ("edx", "1")})
    assert (error.line, error.field, error.value) == (3, "ref", "udemy 1")


def test_demand_out_of_date_order_is_refused(write: Write) -> None:
    error = refused_demand(write(DEMAND + "2015-08-08,udemy,1,1\n"))
    assert (error.line, error.field, error.value) == (5, "date", "2015-08-08")


@pytest.mark.parametrize(
    "text", [DEMAND + '2015-08-10,"udemy,1,1\n', DEMAND + '2015-08-10,"udemy"x,1,1\n']
)
def test_a_broken_quote_is_refused(write: Write, text: str) -> None:
    assert refused_demand(write(text)).field == "row"


def test_a_line_number_counts_the_lines_of_quoted_titles(write: Write) -> None:
    rows = 'udemy,2,"two\nlines",S,C,USD,1,0,\nudemy,3,,S,C,USD,1,0,\n'
    assert refused_catalogue(write(CATALOGUE + rows)).line == 7


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gbk.csv"
    path.write_bytes(CATALOGUE.encode() + "udemy,2,钢琴,S,C,USD,1,0,\n".encode("gbk"))
    assert refused_catalogue(path).rule == "must be UTF-8 text"


def test_the_shipped_files_are_whole() -> None:
    contents = {row.key: row for row in read_catalogue(shipped_catalogue())}
    assert len(contents) == 5_269
    assert sum(row.price_minor == 0 for row in contents.values()) == 310

    rows, orders = 0, {"udemy": 0, "edx": 0, "coursera": 0}
    for row in read_demand(shipped_demand(), contents):
        rows += 1
        orders[row.platform] += row.orders
    assert rows == 576_202
    assert orders == {"coursera": 700_120, "udemy": 350_050, "edx": 210_035}
