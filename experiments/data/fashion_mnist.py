"""Fashion-MNIST (Xiao et al. 2017), also where the open internet is not.

It is looked for on disk (Keras' cache, Debian's folder, an earlier unpacking), then by Keras' download, then
in Debian's package. The SHA-256 of each file's decompressed content is checked: Debian's archives have other
gzip headers than the original ones.
"""

import contextlib
import gzip
import hashlib
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.data import keras_sets
from experiments.data.named import Images, Part, joined
from experiments.errors import UserError

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
# SHA-256 of the decompressed IDX files, as unpacked from Debian's package 0.0~git20200523.55506a9-1.
FILES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")


def load() -> Images:
    """All images, of which the published test part is remembered."""
    return joined(*parts(keras_sets.TIMEOUT), CLASSES)


def parts(timeout: float) -> tuple[Part, Part]:
    """((train images, labels), (test images, labels)): uint8 (n, 28, 28) and (n,).

    Args:
        timeout: seconds that one network connection may stay silent.

    Raises:
        UserError: no way worked; lists each way that was tried and why it failed.
    """
    failures: list[str] = []
    cache = keras_sets.cache() / "fashion-mnist"
    unpacked = cache.with_name("fashion-mnist-debian")
    for folder in (cache, DEBIAN_FOLDER, unpacked):
        with _noting(failures, f"files in {folder}"):
            return _read(folder)
    with _noting(failures, "keras.datasets' download"):
        keras_sets.downloaded("fashion_mnist", timeout)
        return _read(cache)
    with _noting(failures, f"Debian's package {DEBIAN_PACKAGE}"):
        _unpack_debian_package(unpacked, timeout)
        return _read(unpacked)
    raise UserError(
        f"Fashion-MNIST was not found: {'; '.join(failures)}. Try DATA=digits, which needs no download"
    )


@contextlib.contextmanager
def _noting(failures: list[str], way: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        failures.append(f"{way} ({str(error).splitlines()[0] if str(error) else type(error).__name__})")


def _read(folder: Path) -> tuple[Part, Part]:
    content = {}
    for name, expected in FILES.items():
        try:
            content[name] = gzip.decompress((folder / f"{name}.gz").read_bytes())
        except FileNotFoundError:
            raise ValueError(f"no {name}.gz") from None
        except EOFError:
            raise ValueError(f"{name}.gz is cut short") from None
        except (gzip.BadGzipFile, zlib.error):
            raise ValueError(f"{name}.gz is damaged") from None
        if hashlib.sha256(content[name]).hexdigest() != expected:
            raise ValueError(f"{name}.gz has another SHA-256 than expected")
    # An IDX file: a header of 16 bytes for images, of 8 for labels, then the bytes.
    images, labels = (
        [np.frombuffer(content[name], np.uint8, offset=header) for name in FILES if kind in name]
        for kind, header in (("images", 16), ("labels", 8))
    )
    train, test = (
        (pixels.reshape(-1, 28, 28), classes) for pixels, classes in zip(images, labels, strict=True)
    )
    return train, test


# Where the open internet is not, Debian's mirror often is.

DEBIAN_PACKAGE = "dataset-fashion-mnist"


def _unpack_debian_package(folder: Path, timeout: float) -> None:
    """Fetch the package with apt's own client in private folders, which needs no rights."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise OSError("this is not a Debian system")
    with tempfile.TemporaryDirectory() as name:
        private = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (private / part).mkdir(parents=True)
        options = {
            "Dir::State": private / "state",
            "Dir::State::Lists": private / "state/lists",
            "Dir::Cache": private / "cache",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Acquire::http::Timeout": int(timeout),
            "Acquire::https::Timeout": int(timeout),
            "Acquire::Retries": 1,
        }
        apt = ["apt-get", "-qq", *(f"-o{option}={value}" for option, value in options.items())]

        def run(*command: str) -> None:
            subprocess.run(command, cwd=private, check=True, timeout=300, capture_output=True, text=True)

        try:
            run(*apt, "update")
            run(*apt, "download", DEBIAN_PACKAGE)
            package = next(private.glob("*.deb"))
            run("dpkg-deb", "--extract", str(package), str(private / "unpacked"))
        except subprocess.CalledProcessError as error:
            raise OSError((error.stderr or "apt-get failed").strip().splitlines()[0]) from None
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            archive = f"{file}.gz"
            shutil.copy(private / "unpacked" / DEBIAN_FOLDER.relative_to("/") / archive, folder / archive)
