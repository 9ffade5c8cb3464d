"""The classical classifiers, each behind a standardisation, and two kinds of features that need no training.

Only the forest draws numbers; the caller sets its `random_state`.
"""

from typing import Literal

from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from baselines.arguments import check_choice

Classifier = Literal["logistic", "svm", "random_forest", "knn"]

CLASSIFIERS = {
    "logistic": lambda: LogisticRegression(max_iter=2000),
    # One machine on all rows, its probabilities from folds by Platt scaling, as SVC's own once were.
    "svm": lambda: CalibratedClassifierCV(SVC(kernel="rbf"), ensemble=False),
    "random_forest": lambda: RandomForestClassifier(n_estimators=200),
    "knn": lambda: KNeighborsClassifier(n_neighbors=5, algorithm="brute"),
}


def standardised(classifier: Classifier) -> Pipeline:
    """Standardise features (n, features), then classify; has predict_proba once fitted.

    ValueError for an unknown classifier.
    """
    check_choice("classifier", classifier, Classifier)
    return make_pipeline(StandardScaler(), CLASSIFIERS[classifier]())


def raw_pixels(
    input_shape: tuple[int, int, int], classes: int, *, classifier: Classifier = "logistic"
) -> Pipeline:
    """A classifier of flattened pixels: (n, height × width × channels) to classes."""
    return standardised(classifier)


def pca(
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    components: int = 64,
    classifier: Classifier = "logistic",
) -> Pipeline:
    """A classifier of the first principal components of flattened pixels."""
    # A full decomposition: the randomised one would draw numbers, and gains little at this size.
    return make_pipeline(
        PCA(components, svd_solver="full"), *(step for _, step in standardised(classifier).steps)
    )
