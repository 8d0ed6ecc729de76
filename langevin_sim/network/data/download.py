"""Download data sets once from where they are published into pooch's cache folder; check each file against its sha256."""

import os
import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langevin_sim.errors import InputError
from langevin_sim.network.data import cifar10, mnist
from langevin_sim.network.data.optional import optional

# name: (address of the folder, {file: sha256})
SOURCES: dict[str, tuple[str, dict[str, str]]] = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    "cifar10": (
        "https://www.cs.toronto.edu/~kriz/",
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    ),
}
MEMBERS = tuple(f"{cifar10.BINARY}/{name}" for name in (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"))


def download(name: str) -> Path:
    """The folder with the data set's files, downloaded if they are missing; InputError with the remedy if that fails."""
    pooch = optional("pooch", "pooch")
    address, files = SOURCES[name]
    folder = Path(pooch.os_cache("langevin-sim")) / name
    wanted = cifar10.WANTED if name == "cifar10" else mnist.WANTED
    for file, sha256 in files.items():
        processor = _unpack if file.endswith(".tar.gz") else None
        try:
            pooch.retrieve(address + file, f"sha256:{sha256}", fname=file, path=folder, processor=processor)
        except (OSError, ValueError, tarfile.TarError, KeyError, EOFError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"cannot download {address}{file} to {folder}: {reason}; give --data-dir, a folder that holds {wanted}"
            ) from error
    return folder


def _unpack(archive: str, action: str, _: Any) -> str:
    """Unpack CIFAR-10's six files beside their archive: all of them or, if interrupted, none."""
    folder = Path(archive).parent
    target = folder / cifar10.BINARY
    if action != "fetch":
        shutil.rmtree(target, ignore_errors=True)
    if not target.is_dir():
        with TemporaryDirectory(dir=folder) as temporary, tarfile.open(archive) as tar:
            unpacked = Path(temporary) / cifar10.BINARY
            unpacked.mkdir()
            for member in MEMBERS:
                content = tar.extractfile(member)
                if content is None:
                    raise tarfile.ReadError(f"{member} is not a file in it")
                with (unpacked / Path(member).name).open("wb") as file:
                    shutil.copyfileobj(content, file)
            os.replace(unpacked, target)
    return str(target)
