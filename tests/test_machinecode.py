"""Machine code is kept in the first folder that can be written, else in memory with one warning."""

import os
import tempfile
import warnings

import pytest
from numba.core import caching

from langevin_sim.vectormath import compiled, machinecode

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="a folder's owner is known on POSIX only")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Neither the package nor the user's cache can be written; the temporary folder is ``tmp_path``."""
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [caching.UserProvidedCacheLocator])
    monkeypatch.setattr(machinecode.config, "CACHE_DIR", "")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    machinecode._warn_once.cache_clear()
    yield tmp_path / f"langevin-sim-{os.getuid()}"
    machinecode._warn_once.cache_clear()


def twice(x):
    return 2.0 * x


def test_a_private_temporary_folder_comes_last(temporary):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled(twice)(3.0) == 6.0
    assert list(temporary.rglob("*.nbc"))
    assert temporary.stat().st_mode & 0o077 == 0
    assert machinecode.config.CACHE_DIR == ""


@pytest.mark.parametrize("fault", ["a file", "a link", "writable by others"])
def test_a_folder_that_others_could_write_is_not_used(temporary, fault):
    if fault == "a file":
        temporary.write_text("")
    elif fault == "a link":
        (temporary.parent / "elsewhere").mkdir()
        temporary.symlink_to(temporary.parent / "elsewhere")
    else:
        temporary.mkdir()
        temporary.chmod(0o777)
    with pytest.warns(UserWarning, match="NUMBA_CACHE_DIR") as noted:
        assert compiled(twice)(3.0) == compiled(twice)(3.0) == 6.0
    assert len(noted) == 1
    assert not list(temporary.parent.rglob("*.nbc"))


def test_a_full_disk_leaves_the_code_in_memory(temporary, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    with pytest.warns(UserWarning, match="NUMBA_CACHE_DIR"):
        assert compiled(twice)(3.0) == 6.0
