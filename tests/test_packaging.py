"""The front matter: license, citation, and a source distribution that is the whole checkout."""

import ast
import configparser
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import langevin_sim

ROOT = Path(langevin_sim.__file__).resolve().parent.parent
NOT_SHIPPED = {".gitignore"}


@pytest.fixture(scope="module")
def metadata():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["metadata"]


def test_license_and_citation_agree_with_the_metadata(metadata):
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {langevin_sim.__version__}\n" in citation
    assert f"name: {metadata['author']}\n" in citation
    assert f"license: {metadata['license']}\n" in citation
    assert metadata["author"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert not re.search("https?://", "\n".join(metadata.values()))  # no address is known, and none is made up


def test_the_source_distribution_is_the_whole_checkout(tmp_path):
    """From a copy of what git tracks, so that nothing is written into the checkout."""
    pytest.importorskip("setuptools", reason="nothing to build with")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode or not listed.stdout:
        pytest.skip("not a git checkout")
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    copy = tmp_path / "copy"
    for name in tracked:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    build = "import setuptools.build_meta as b, sys; b.build_sdist(sys.argv[1])"
    made = subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=copy, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as held:
        names = {name.partition("/")[2] for name in held.getnames()}
    assert tracked - NOT_SHIPPED <= names


def texts_without_encoding(source):
    """Lines that read or write text in the system's encoding."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("read_text", "write_text"):
            given = {keyword.arg for keyword in node.keywords}
            if not given & {"encoding", None} and len(node.args) < (1 if node.func.attr == "read_text" else 2):
                yield node.lineno


def test_texts_are_read_and_written_as_utf_8():
    assert list(texts_without_encoding("path.read_text()\npath.read_text(encoding='utf-8')\npath.write_text(x)")) == [1, 3]
    files = [path for room in ("langevin_sim", "cli") for path in (ROOT / room).rglob("*.py")]
    found = {str(path): list(texts_without_encoding(path.read_text(encoding="utf-8"))) for path in files}
    assert not {name: lines for name, lines in found.items() if lines}
