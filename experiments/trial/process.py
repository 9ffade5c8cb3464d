"""The process of a trial: its threads, and the lines that it writes to its parent."""

import math
import os
import threading
import time

BEAT_SECONDS = 5.0
BUSY = 0.01  # of a core: a process that uses less does nothing


def prepare_process(threads: int) -> None:
    """Set the number of threads, before anything of tensorflow runs; a second call changes nothing.

    The thread counts are part of the recipe: they change round-off.

    Raises:
        RuntimeError: tensorflow has run with other ones.
    """
    import tensorflow as tf

    settle_keras()
    known = tf.config.threading
    if (known.get_intra_op_parallelism_threads(), known.get_inter_op_parallelism_threads()) == (threads, 1):
        return
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def settle_keras() -> None:
    """Set what networks are built with, whatever a person's keras.json says: no trial's id holds that."""
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


class Teller:
    """Lines to the parent, written whole by more than one thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._turn = threading.Lock()

    def tell(self, line: str) -> None:
        """Write one line, whole."""
        with self._turn:
            left = f"{line}\n".encode()
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except BrokenPipeError:
                os._exit(1)  # the parent is gone: the log alone has the line


def beat(teller: Teller) -> None:
    """Write an empty line now and then, as long as this process computes: one that hangs writes none."""
    used = -math.inf
    while True:
        now = time.process_time()
        if now - used >= BUSY * BEAT_SECONDS:
            teller.tell("")
        used = now
        time.sleep(BEAT_SECONDS)


def claim_stdout() -> int:
    """Take the stdout for the events: returns its descriptor; whatever else is printed goes to stderr."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    return stdout
