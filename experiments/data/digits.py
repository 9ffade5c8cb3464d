"""Handwritten digits (Alpaydin and Kaynak 1998) as scikit-learn ships them: 1,797 images of 8 × 8 pixels."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from experiments.data.named import Images

# Its loader brings pandas and scipy.stats along, a second for a hundredth's work.
FILE = "datasets/data/digits.csv.gz"


def load() -> Images:
    """All of them; there is no test part."""
    (package,) = find_spec("sklearn").submodule_search_locations
    table = np.loadtxt(Path(package) / FILE, delimiter=",", dtype=np.int64)
    # 17 grey levels, 0…16, spread over the bytes.
    images = np.rint(table[:, :-1].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    labels = table[:, -1]
    return Images(images, labels, np.zeros(len(labels), bool), tuple("0123456789"))
