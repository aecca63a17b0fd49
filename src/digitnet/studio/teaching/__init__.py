"""Networks trained and corrected from the page: runs that report, corrections that stay.

    workshop = Workshop(folder, model, training=True)    one folder, private to its owner
    workshop.resolve(model_id)                           the model file behind an id; "" is the loaded one
    workshop.close()                                     a run that is under way is stopped, and can go on later

settings        the settings of a run, each within bounds
private_folder  the folder, and whether anything can be trained here
errors          the errors of this package
journal         the events of a run, in memory and in a file
jobs            the folders of runs and lessons: settings, and how each ended
training_lock   one run at a time, also where several servers share the folder
run_process     the process of a run, seen from the server
process_control the same process, seen from inside: sends events, receives `stop`
runs            start, stop, resume, delete, list
live_training   the process of a training run
held_out        the images that no run learns from
weight_moments  the weights of a run at some moments, in files
weight_history  the listener of a run that keeps them
rate_process    which learning rate to begin with, asked by the server
rate_search     the process that finds it out
lesson          the process in which a copy of a network learns the corrections
approval        whether a taught copy may answer
mixture         corrections and MNIST, mixed
weights         a model file -> the Keras model that it came from
page_listener   the events of a run as those of the page
encoding        arrays as base64
corrections     the one SQLite file of corrected pictures
archives        the same as a zip of IDX files or of PNG files
workshop        the one interface to all of this, and the choice of the network that answers

The page talks JSON, below `studio/`. Wrong input is a 4xx with `{"error": "one sentence"}`; 404 where there is no such
run, 409 where it cannot be done now (another run is under way, training is off, a refused copy is to answer, no room).

    GET    training                   {"runs": [RUN, ...]}, the newest first; 20 are kept
    POST   training SETTINGS          {"id"}; the fields of `RunSettings` and "name", all of them optional
    POST   training/name {"id", "name"}   {"id"}; another name, of at most 60 characters
    GET    training/curves?ids=A,B    {"curves": {id: {"loss": [one an epoch, ...], "accuracy", "validation_loss",
                                      "validation_accuracy"}, ...}} of at most eight
    GET    training/boundary?id=&a=&b=&examples=&after=   {"classes": [a, b], "side", "images", "frames": [FRAME, ...]};
                                      `examples` chooses other digits; frames up to `after` have only "at"
    POST   training/rates SETTINGS    {"rates", "losses" at them, "suggestion"}; it takes a quarter of a minute
    POST   training/stop {"id"}       {"id"}
    POST   training/resume {"id"}     {"id"}
    DELETE training?id=               {"id"}
    GET    training/events?id=        server-sent events, see below

    RUN = {"id", "kind": "run" | "lesson", "name", "base", "status", "error", "resumable", "created", "settings",
           "epochs_done", "validation_accuracy", "result"}
    FRAME = {"at": epochs passed, "shares", "winners"}: of a sheet of side x side blends, row by row, base64 of uint16
    for both classes (65,535 is all) and of the class that wins, uint8. "images": base64 of four digits of a and four of
    b, 28 x 28 bytes each, that stand at both edges of the sheet (`digitnet.inspection.blends`).
    status: running, finished, stopped, failed (`error` says why), interrupted (the server ended; it can be resumed)
    base: id of the network that a lesson began with; null for a run. result: of the event below, or null.

The stream ends when the run has; `Last-Event-ID` (or `?after=`) goes on behind that event. Kept events have an id.

    state   {"status", "error"} and, while the network is written down, "saving": true
    step    {"epoch", "fraction", "loss"}: how far that epoch is, in [0, 1] or null where unknown, and the loss of the
            steps just taken, where it is known; has no id
    epoch   {"epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"} and, of a run that was
            not broken off there, "fields": [base64 of 784 int8, ...] of up to 16 units, "confusion": [[...]] of the
            5,000 images held out; a lesson's epochs have neither
    result  of a run     {"parameters", "validation": MEASURE} and, where it was finished, "test": MEASURE
            of a lesson  {"before": {"test": MEASURE, "corrections": MEASURE}, "after": the same, "accepted", "reason"}
            MEASURE = {"n", "errors", "accuracy"}

    GET    corrections                {"corrections": [CORRECTION, ...]}, the newest first
    POST   corrections {"image", "label", "was", "png"}   {"id", "replaced"}; the same image again changes its label;
                                                          the label null is no digit, from which no copy learns
    DELETE corrections?id= or ?all=1  {"deleted": how many}
    GET    corrections/export?format=idx|png               a zip
    POST   teach {"model"}            {"id"} of a lesson, which is followed, stopped and deleted like a run
    POST   models/use {"id"}          {"id", "before"}: which network answers, "" for the loaded one

    CORRECTION = {"id", "image": base64 of 784 bytes, "label" and "was": label or null (not a digit), "when", "has_png"}
    "png" is null or base64 of a PNG file, the picture that the image was cut from.
"""

from digitnet.studio.teaching.archives import archive
from digitnet.studio.teaching.corrections import PICTURE_BYTES_MAX
from digitnet.studio.teaching.errors import BusyError, FullError, NotFoundError, StorageError
from digitnet.studio.teaching.private_folder import default_studio_folder, make_private_folder, missing_for_training
from digitnet.studio.teaching.runs import News
from digitnet.studio.teaching.workshop import LOADED, Workshop

__all__ = [
    "LOADED",
    "PICTURE_BYTES_MAX",
    "BusyError",
    "FullError",
    "News",
    "NotFoundError",
    "StorageError",
    "Workshop",
    "archive",
    "default_studio_folder",
    "make_private_folder",
    "missing_for_training",
]
