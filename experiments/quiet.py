"""tensorflow, loaded without the lines that it writes for nobody; TF_CPP_MIN_LOG_LEVEL drops few."""

import os
import sys


def load_tensorflow() -> None:
    """Import it and let it look for GPUs; what is wrong with it is still raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import tensorflow as tf

        tf.config.list_physical_devices()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
