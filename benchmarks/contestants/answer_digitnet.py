"""digitnet's answers. Arguments: the test images, the run folder, float32 or int8, how many images to check."""

import sys

import contest
from digitnet import load_classifier


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Load, and check some images; where none are to be checked, no memory is spent on it."""
    data, folder, precision, checked = sys.argv[1:5]
    arrays, few = contest.load_arrays(data), int(checked)
    images = arrays["x_test"]
    classifier = load_classifier(folder, precision=precision)
    ready: contest.Answer = {"versions": contest.versions_of("digitnet", "onnxruntime", "numpy")}
    if few:
        ready["accuracy"] = float((classifier.predict(images[:few]) == arrays["y_test"][:few]).mean())
        unasked = load_classifier(folder).predict_logits(images[:few])
        # The precision that a user gets who asks for none.
        ready["is_default"] = bool((unasked == classifier.predict_logits(images[:few])).all())
    return contest.answer_repeatedly(classifier.predict, images), ready


contest.serve(prepare)
