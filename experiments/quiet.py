"""tensorflow, loaded without the lines that it writes for nobody; TF_CPP_MIN_LOG_LEVEL drops few."""

import os
import sys
import tempfile


def load_tensorflow() -> None:
    """Import it and let it look for GPUs; what is wrong with it is still raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as heard:
        os.dup2(heard.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        except BaseException:
            heard.seek(0)
            os.write(kept, heard.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
