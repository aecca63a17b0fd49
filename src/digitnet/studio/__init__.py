"""The endpoints behind the page: each calls the classifier, the glass box or the teaching.

    studio = Studio(classifier, model, folder=folder, training=True)
    make_app(classifier, settings, studio.routes)                  all of them below /studio/
    studio.close()

request_values    values of query parameters and JSON fields, checked
file_cache        values computed from a file, kept until the file changes
lazy_mnist        MNIST, loaded when an image of it is first needed
networks          the network that belongs to an id
reading_routes    a description of the server; the answer to a drawing or a picture
inspectors        the weights and the nearest digits of each network, loaded when first needed
inside_routes     why a network answers as it does
counterfactual_routes   what would change an answer, and the answer to an image as it is
diagram_routes    a network small enough to be drawn whole, and a step of training on one image
map_routes        test digits on a plane, and where another image stands among them
mistakes_routes   the confusion matrix, and the images of one cell
error_status      the HTTP status of each error of the teaching
run_events        the events of a run, as server-sent events
teaching_routes   the panels Train and Teach
model_export      a network in the format of another program, made by a process of its own
export_routes     a network to carry away
studio            all endpoints of the page

The page talks JSON, below `studio/`; `digitnet.studio.teaching` says what its part of it takes and gives. Wrong input
is a 4xx with `{"error": "one sentence"}`; an unknown id of a network is 404. MODEL is "" for the loaded
network.

    GET  about     {"version", "model": {"id", "name", "class_names", "parameters", "precision", "members"},
                   "models": [{"id", "name"}, ...], "answering": MODEL, "training": {"available", "reason",
                   "settings": what a run's settings may be, see `teaching.settings.described_settings`},
                   "limits": {"picture_bytes", "picture_pixels"}}
    POST read?mode=&steps=&model=
                   a picture; the JSON of `digitnet read`, and "width", "height", "images": [IMAGE, ...],
                   "refused": IMAGE of all ink where "images" is empty, or null, "others": how many more digits a
                   picture that is read as one digit holds, "steps": [{"name", "png": a data URL}, ...]
    POST explain {"image", "model", "switched_off": [[layer, unit], ...], "label": class or null, "truth": the
                   same} {"label", "probabilities", "logits", "blank", "switched", "is_piecewise_linear",
                   "attribution": [[784 numbers], ...] of each class, "layers": [{"name", "units", "active",
                   "activations": base64 of a byte each, "strongest": [{"unit", "contribution", "field": FIELD,
                   "switched_off"}, ...]}, ...], "neighbours": [{"index", "label", "image"}, ...], "neighbours_ready",
                   "sentences": {"answer", "attribution", "comparison", "layers", "neurons", "change", "neighbours"},
                   "without_changes": {"label", "probabilities"}}; a logit is the sum of its attribution, its score on
                   blank paper and what biases add because the ink has switched neurons. "truth" is what the image
                   shows, where that is known. The neighbours are those of the network without changes; they are ready
                   some seconds after somebody has asked for the first time
    POST counterfactual {"image", "model", "target": class or null for any other}
                   {"found": false, "before": {"label", "probabilities"}, "sentences": {"change", "second"}}, or
                   {"found": true, "before", "label": the new answer, "image": IMAGE as it is changed, "pixels":
                   [number of each changed pixel, ...] in the order in which they were chosen, "steps":
                   [probabilities with none of them changed, with one, ... with all], "ink": {"added", "removed"} in
                   pixels of full ink, "sentences"}; the smallest change that the search found, and every probability
                   is the model file's own
    POST answer {"image", "model"}
                   {"label", "probabilities"} of an image that is in MNIST's frame already
    GET  neuron?model=&layer=&unit=
                   {"field": FIELD, "strongest_images": [{"index", "label", "image"}, ...] of the test set, "outgoing":
                   the weight to each class, or null in front of the last hidden layer, "sentence"}
    GET  diagram   {"class_names", "layers": [LAYER, ...], "test": {"n", "errors"}} of the small network; the weights of
                   its last layer are divided by the temperature, so that the softmax of its sums is the probability
    POST step {"layers": [LAYER, ...], "image", "label", "learning_rate", "steps", "switched_off"}
                   {"loss", "losses" before each step, "loss_after", "layers" after the last step, and of the first
                   step "activations" of each hidden layer, "errors": [[dL/dz of each unit], ...], "gradients":
                   [LAYER, ...]}; plain gradient descent on one image, from the weights that were sent
    GET  map       {"n", "errors", "numbers": base64 of uint16 each, "labels", "predicted": base64 of a byte each,
                   "planes": {"umap", "pca": base64 of two uint16 each}, "pca_shares": the parts of all variance} of
                   every second test digit, by the network in the package
    GET  map/digits?numbers=4,8
                   {"digits": [{"index", "label", "predicted", "image"}, ...]}, at most 60
    POST map/place {"image"}
                   {"label", "neighbours": [number of a test digit, ...], "places": {"umap", "pca": [x, y]}}
    GET  mistakes?model=
                   {"n", "errors", "confusion": [[how often, ...], ...], "second_network"}, [true][predicted];
                   "second_network" is whether pictures are answered by another one too, which is not counted
    GET  mistakes/cell?model=&true=&predicted=&limit=&offset=
                   {"total", "digits": [{"index", "label", "predicted", "confidence", "image"}, ...]}; of mistakes
                   the surest first, of what is right the least sure

    GET  models/formats
                   {"formats": [{"name", "summary", "reason" why it cannot be made here, or ""}, ...]}
    GET  models/export?model=&format=
                   a file to save; of a format that is a folder a zip

    IMAGE = base64 of 784 bytes, 28 rows of 28; 0 is paper, 255 is ink
    LAYER = {"kernel", "bias"}: base64 of float32, little-endian; of a kernel one row an input
    FIELD = base64 of 784 signed bytes: where ink excites the neuron, and where it quiets it
"""
