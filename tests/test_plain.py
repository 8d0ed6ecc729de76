"""The compiled functions and the Python that they are compiled from compute the same."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import plain


def test_compiled_and_plain_agree(tmp_path):
    script, out = str(Path(plain.__file__)), str(tmp_path / "plain.npz")
    subprocess.run([sys.executable, script, out], check=True, env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, cwd=tmp_path)
    found = plain.compute()
    with np.load(out) as expected:
        assert set(expected) == set(found)
        for name, values in found.items():
            # Python's fma rounds twice
            np.testing.assert_allclose(values, expected[name], rtol=1e-9, atol=1e-11, err_msg=name)
