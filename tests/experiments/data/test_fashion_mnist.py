"""Fashion-MNIST from files whose content is checked, and what is said where no way leads to it."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.data import fashion_mnist, keras_sets
from experiments.location import ROOT

# An IDX file: two zeros, type 8 (bytes), the number of axes, each length in four bytes, the data.
TRAIN_IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes([7]) * 784 + bytes([9]) * 784
TRAIN_LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 0])
TEST_IMAGES = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28]) + bytes(783) + bytes([255])
TEST_LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 1, 3])
CONTENT = {
    "train-images-idx3-ubyte": TRAIN_IMAGES,
    "train-labels-idx1-ubyte": TRAIN_LABELS,
    "t10k-images-idx3-ubyte": TEST_IMAGES,
    "t10k-labels-idx1-ubyte": TEST_LABELS,
}


def write(folder: Path, **changed: bytes) -> Path:
    """The four archives, some with other bytes."""
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    for name, archive in changed.items():
        (folder / f"{name.replace('_', '-')}.gz").write_bytes(archive)
    return folder


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Keras' cache and Debian's folder, both empty, for a data set of three images."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    assert list(fashion_mnist.FILES) == list(hashes)
    monkeypatch.setattr(fashion_mnist, "FILES", hashes)
    monkeypatch.setattr(fashion_mnist, "DEBIAN_FOLDER", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return keras_sets.cache() / "fashion-mnist", tmp_path / "debian"


@pytest.mark.parametrize("place", [0, 1])
def test_reads_idx_files(folders, place):
    write(folders[place])
    (images, labels), (test_images, test_labels) = fashion_mnist.parts(1)
    assert (images.shape, images.dtype) == ((2, 28, 28), np.uint8)
    assert (images[0] == 7).all()
    assert (images[1] == 9).all()
    assert labels.tolist() == [5, 0]
    assert test_images.shape == (1, 28, 28)
    assert (test_images[0, -1, -1], test_images.sum()) == (255, 255)
    assert test_labels.tolist() == [3]


ARCHIVE = gzip.compress(TRAIN_IMAGES)
OTHER = gzip.compress(TRAIN_IMAGES.replace(b"\x07", b"\x06"))


# The next folder's good files are read instead.
@pytest.mark.parametrize(
    "archive",
    [OTHER, ARCHIVE[:-10], ARCHIVE[:12] + b"\xff" * 8 + ARCHIVE[20:], b"<html>moved</html>", b""],
    ids=["other pixels", "cut short", "damaged", "not gzip", "empty"],
)
def test_files_of_other_content_are_refused(folders, archive):
    cache, debian = folders
    write(cache, train_images_idx3_ubyte=archive)
    write(debian)
    (images, _), _ = fashion_mnist.parts(1)
    assert (images[0] == 7).all()


def test_the_original_hashes_are_sha256():
    assert all(len(bytes.fromhex(digest)) == 32 for digest in fashion_mnist.FILES.values())
    assert len(fashion_mnist.CLASSES) == 10


@pytest.fixture
def closed_port():
    """A loopback port that refuses connections: bound, but nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


# In a process of its own: keras looks for its folder once.
@pytest.mark.slow
def test_where_no_way_leads_to_it_each_is_named(tmp_path, closed_port):
    cache = tmp_path / "keras" / "datasets" / "fashion-mnist"
    cache.mkdir(parents=True)
    (cache / "train-images-idx3-ubyte.gz").write_bytes(OTHER)
    script = (
        "import sys, pathlib\n"
        "from experiments.command_line import exit_status\n"
        "from experiments.data import fashion_mnist, named\n"
        f"fashion_mnist.DEBIAN_FOLDER = pathlib.Path({str(tmp_path / 'debian')!r})\n"
        "sys.exit(exit_status(lambda: named.load('fashion_mnist', None)))\n"
    )
    proxy = f"http://127.0.0.1:{closed_port}"
    without = {"NO_PROXY", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY"}
    environment = {key: value for key, value in os.environ.items() if key not in without}
    environment |= {
        "KERAS_HOME": str(tmp_path / "keras"),
        "PATH": str(tmp_path),
        "http_proxy": proxy,
        "https_proxy": proxy,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 2, done.stderr
    message = done.stderr.splitlines()[-1]
    assert message.startswith("error: Fashion-MNIST was not found: ")
    for way in (
        f"files in {cache} (train-images-idx3-ubyte.gz has another SHA-256 than expected)",
        f"files in {tmp_path / 'debian'} (no train-images-idx3-ubyte.gz)",
        f"files in {cache.with_name('fashion-mnist-debian')} (no train-images-idx3-ubyte.gz)",
        "keras.datasets' download (",
        "Debian's package dataset-fashion-mnist (this is not a Debian system)",
    ):
        assert way in message
    assert "Connection refused" in message
    assert message.endswith("Try DATA=digits, which needs no download")
