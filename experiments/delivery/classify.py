"""Classify photographs with model.tflite: python classify.py PHOTOGRAPH [PHOTOGRAPH …]

Needed beside this folder: pip install numpy pillow ai-edge-litert
"""

import json
import statistics
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image, ImageOps

HERE = Path(__file__).parent


@cache
def facts() -> dict[str, Any]:
    """What stands beside the model: its classes, and the size of its images."""
    return json.loads((HERE / "model.json").read_text(encoding="utf-8"))


def interpreter(batch: int) -> Interpreter:
    """The model for so many images at a time."""
    found = Interpreter(model_path=str(HERE / "model.tflite"), num_threads=1)
    found.resize_tensor_input(found.get_input_details()[0]["index"], [batch, *facts()["input_shape"]])
    found.allocate_tensors()
    return found


def probabilities(model: Interpreter, images: np.ndarray) -> np.ndarray:
    """Of images, uint8 (n, height, width, channels), as many as the model takes at a time."""
    model.set_tensor(model.get_input_details()[0]["index"], images)
    model.invoke()
    return model.get_tensor(model.get_output_details()[0]["index"]).copy()


def as_trained(photograph: str) -> np.ndarray:
    """The windows of a photograph that the model was trained for, uint8 (n, height, width, channels)."""
    image = ImageOps.exif_transpose(Image.open(photograph))
    size, crop = facts()["image_size"], facts()["crop"]
    height, width, channels = facts()["input_shape"]
    if image.mode in ("I;16", "I"):
        raise SystemExit(f"{photograph}: 16-bit images are read by the program that trained the model")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    image = image.convert("L" if channels == 1 else "RGB")
    if size and image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(image).reshape(image.height, image.width, channels)
    if crop is None:
        return pixels[None]
    return np.stack(
        [
            pixels[top : top + height, left : left + width]
            for top in offsets(image.height, crop)
            for left in offsets(image.width, crop)
        ]
    )


def offsets(size: int, crop: int) -> list[int]:
    """Where windows begin along a side: about the centre, or as few as cover the side."""
    count = -(-size // crop)
    if facts()["crops"] == "centre" or count == 1:
        return [(size - crop) // 2]
    return [round(index * (size - crop) / (count - 1)) for index in range(count)]


def check(file: Path) -> None:
    """Probabilities of the images in an .npz file, written beside it, and what a prediction takes in ms."""
    images = np.load(file)["images"]
    single, batch = interpreter(1), interpreter(min(32, len(images)))
    found, one, many = [], [], []
    for first in range(0, len(images), 32):
        few = images[first : first + 32]
        if len(few) == batch.get_input_details()[0]["shape"][0]:
            began = time.perf_counter()
            found.append(probabilities(batch, few))
            many.append(1000 * (time.perf_counter() - began) / len(few))
        else:
            found += [probabilities(single, image[None]) for image in few]
    for image in images[:32]:
        began = time.perf_counter()
        probabilities(single, image[None])
        one.append(1000 * (time.perf_counter() - began))
    np.save(file.with_suffix(".npy"), np.concatenate(found))
    loaded = sorted({name.partition(".")[0] for name in sys.modules} & {"keras", "tensorflow", "experiments"})
    print(
        json.dumps({"one": statistics.median(one), "many": statistics.median(many or one), "loaded": loaded})
    )


def main() -> None:
    """Print the class of each photograph."""
    if sys.argv[1:2] == ["--check"]:
        check(Path(sys.argv[2]))
        return
    if not sys.argv[1:]:
        raise SystemExit(__doc__)
    model = interpreter(1)
    for photograph in sys.argv[1:]:
        windows = [probabilities(model, each[None])[0] for each in as_trained(photograph)]
        mean = np.mean(windows, axis=0)
        best = int(mean.argmax())
        print(f"{photograph}: {facts()['classes'][best]} ({mean[best]:.1%})")


if __name__ == "__main__":
    main()
