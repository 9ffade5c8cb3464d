"""Handwritten digits (Alpaydin and Kaynak 1998) as scikit-learn ships them: 1,797 images of 8 × 8 pixels."""

import numpy as np
from sklearn.datasets import load_digits

from experiments.data.named import Images


def load() -> Images:
    """All of them; there is no test part."""
    digits = load_digits()
    # 17 grey levels, 0…16, spread over the bytes.
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    labels = digits.target.astype(np.int64)
    return Images(images, labels, np.zeros(len(labels), bool), tuple("0123456789"))
