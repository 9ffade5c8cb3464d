"""What tensorflow finds on this machine, as a line of JSON: GPUs, and the CUDA that it was built for.

    python -m experiments.doctor.devices

A process of its own: tensorflow may end it, where a driver or a library is broken.
"""

import json
import sys


def main() -> int:
    """Print the line; what tensorflow itself says goes to stderr."""
    import tensorflow as tf

    built = tf.sysconfig.get_build_info()
    found = tf.config.list_physical_devices("GPU")
    answer = {
        "gpus": [tf.config.experimental.get_device_details(each).get("device_name", "") for each in found],
        "cuda": built.get("cuda_version", ""),
        "cudnn": built.get("cudnn_version", ""),
    }
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
