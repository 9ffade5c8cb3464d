"""What the residual networks are compared with: those before them, a plain CNN, features and classifiers.

Each is a function of input shape and number of classes. It builds a keras model of logits, but for five:
`autoencoder_features` builds a feature model, `pretrained_features` and `finetuned` an encoder that has
learnt on other photographs, `raw_pixels` and `pca` scikit-learn pipelines.
"""

from baselines.alexnet import alexnet
from baselines.autoencoder import autoencoder_features
from baselines.classifiers import pca, raw_pixels
from baselines.googlenet import googlenet
from baselines.lenet import lenet5
from baselines.plain_cnn import plain_cnn
from baselines.pretrained.arms import finetuned, pretrained_features
from baselines.vgg import vgg11, vgg13, vgg16, vgg19
from baselines.zfnet import zfnet

# In the order of experiments/catalog.py.
__all__ = [  # noqa: RUF022
    "plain_cnn",
    "autoencoder_features",
    "pretrained_features",
    "finetuned",
    "raw_pixels",
    "pca",
    "lenet5",
    "alexnet",
    "zfnet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "googlenet",
]
