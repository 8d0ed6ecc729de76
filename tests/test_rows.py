"""Rows from CSV files: what is read, and messages about files of another form."""

import numpy as np
import pytest

from langevin_sim.errors import InputError
from langevin_sim.potentials import read_rows


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads(tmp_path, end):
    path = tmp_path / "points.csv"
    path.write_text("\ufeff" + end.join(["y,a, b", "1,2,3", "", "4,5,6e-1", '7,"8",9', ""]), encoding="utf-8")
    a, y = read_rows(path)
    np.testing.assert_array_equal(a, [[2, 3], [5, 0.6], [8, 9]])
    np.testing.assert_array_equal(y, [1, 4, 7])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b",a,b,y\n0,1,2,3\n1,4,5,6\n", "column 1 has no name, as in a table saved with its index"),
        (b"a,,y\n1,2,3\n", "column 2 has no name: expected a name"),
        (b"a;b;y\n1;2;3\n", "separated by semicolons: expected UTF-8"),
        (b"a;y\n1,5;2\n", "separated by semicolons and numbers have decimal commas"),
        (b"a\tb\ty\n1\t2\t3\n", "separated by tabs"),
        (b'a,y\n"1,5",2\n', r"row 1, column 'a': '1,5': expected a decimal point"),
        (b"# from the lab\na,b,y\n1,2,3\n", "first line begins with '#'"),
        ("a,b,y\n1,2,3\n".encode("utf-16"), "UTF-16"),
        ("a,b,y\n1,2,3\n".encode("utf-16-le"), "UTF-16"),
        ("größe,y\n1,2\n".encode("latin-1"), "cannot be read"),
        (b"1,2\n3,4\n", "the first line holds numbers"),
        (b"a,a\n3,4\n", "two columns are called 'a'"),
        (b"a,y\n3,4,5\n", "row 1: 3 values: expected 2"),
        (b"a,y\n3,nan\n", "expected a finite number"),
        (b"a,y\n", "found 1 lines"),
        (b"", "found 0 lines"),
    ],
)
def test_what_it_is_not_is_told_in_one_line(tmp_path, content, said):
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_rows(path)
    assert "\n" not in str(caught.value)
