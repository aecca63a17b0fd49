"""An explanation in plain words, for someone who has never seen a network."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from digitnet.inspection.explanation import Explanation
from digitnet.inspection.network import Network

__all__ = ["sentences", "words_for_neighbours", "words_for_neuron", "words_for_second_network"]

_MIN_SURE_PROBABILITY = 0.9  # below it the second class is named as well; chosen by hand
_MIN_MAJORITY = 0.5  # part of a neuron's strongest images, from which on it belongs to one class; chosen by hand
_VOWELS = tuple("8AEIOaeio")  # names of classes with the article "an", such as 8, "an eight"


def sentences(network: Network, found: Explanation) -> dict[str, str]:
    """A few sentences for each part of an explanation.

    Args:
        network: What was explained.
        found: The explanation.

    Returns:
        By the names answer, attribution, layers and neurons.
    """
    return {
        "answer": _answer(network, found),
        "attribution": _attribution(network, found),
        "layers": _layers(network, found),
        "neurons": _neurons(network, found),
    }


def words_for_neighbours(class_names: Sequence[str], label: int, labels: Sequence[int]) -> str:
    """A sentence about the nearest training digits.

    Args:
        class_names: Of the network.
        label: Its answer.
        labels: What the nearest ones are; none where there are none to compare with.
    """
    if not labels:
        return "All 60,000 training digits are being compared with this image. It takes a few seconds, once."
    same = sum(one == label for one in labels)
    what = f"all {len(labels)}" if same == len(labels) else f"{same} of {len(labels)}" if same else "none"
    begin = (
        "Of all 60,000 training digits, these make the last hidden layer answer most like this image does: "
        f"{what} of them {'is' if same == 1 else 'are'} {_a(class_names[label])}"
    )
    others = Counter(one for one in labels if one != label).most_common(1)
    return f"{begin}, {others[0][1]} {_a(class_names[others[0][0]])}." if others else f"{begin}."


def words_for_second_network(class_names: Sequence[str], probabilities: Sequence[float]) -> str:
    """A sentence about the answer of the second network.

    Args:
        class_names: Of both networks.
        probabilities: The other one's, of each class.
    """
    label = max(range(len(probabilities)), key=probabilities.__getitem__)
    return (
        f"A second network, which has seen other pens, is {_percent(probabilities[label])} for {class_names[label]}: a "
        "picture is answered by the mean of both, and you are looking into the first."
    )


def words_for_neuron(network: Network, layer: int, exciting: Sequence[int]) -> str:
    """A sentence about what a neuron looks for.

    Args:
        network: The network.
        layer: Hidden layer, from 0.
        exciting: The classes of the images that excite it most.
    """
    place = f"This neuron of layer {layer + 1}"
    if not exciting:
        return f"{place} is never active: no image of the test set excites it."
    counts = Counter(exciting).most_common(2)
    names = [network.class_names[label] for label, _ in counts]
    if counts[0][1] == len(exciting):
        return f"{place} is excited most by {_a(names[0])}: all of the images that excite it most show one."
    if counts[0][1] >= _MIN_MAJORITY * len(exciting):
        return f"{place} is excited most by {_a(names[0])}, but not by it alone."
    return f"{place} looks for a stroke that several digits have, {_a(names[0])} and {_a(names[1])} among them."


def _answer(network: Network, found: Explanation) -> str:
    names = network.class_names
    order = np.argsort(-found.probabilities, kind="stable")
    first = f"The network says {names[found.label]}"
    if len(order) < 2:
        return f"{first}: it knows nothing else."
    second = int(order[1])
    share, other = float(found.probabilities[found.label]), float(found.probabilities[second])
    if share < _MIN_SURE_PROBABILITY:
        return (
            f"{first}, but hesitates: it is {_percent(share)} for {names[found.label]} and {_percent(other)} for "
            f"{names[second]}. The pixels show what pulls it either way."
        )
    best, next_best = _signed(found.logits[found.label]), _signed(found.logits[second])
    return (
        f"{first}, and is {_percent(share)} sure: its score for {names[found.label]} is {best}, and the next best, "
        f"{names[second]}, has {next_best}."
    )


def _attribution(network: Network, found: Explanation) -> str:
    name = network.class_names[found.explained_label]
    pixels = found.attribution.pixels[found.explained_label]
    whole = (
        "This is the whole sum, nothing is guessed."
        if network.is_piecewise_linear
        else "The sum is that of the way from blank paper to this image."
    )
    sums = [pixels[pixels > 0].sum(), pixels[pixels < 0].sum(), found.attribution.bias[found.explained_label]]
    speaks_for, against, own = map(_signed, sums)
    return (
        f"Ink on blue speaks for {name}, ink on orange against it. In all it speaks {speaks_for} for {name} and "
        f"{against} against; {own} does not depend on the ink. {whole}"
    )


def _layers(network: Network, found: Explanation) -> str:
    if not found.layers:
        return "This network has no hidden layer: each pixel votes for each class by itself."
    sizes = _listed([f"{layer.units:,}" for layer in network.hidden])
    active = _listed([f"{layer.active:,}" for layer in found.layers])
    many = len(found.layers) > 1
    return (
        f"The image goes through {_layer_count(len(found.layers))} of {sizes} neurons. Each neuron adds up what it is "
        f"shown, some of it counted for and some against, and answers the louder the larger the sum. Here {active} of "
        f"them answer{', layer by layer' if many else ''}."
    )


def _neurons(network: Network, found: Explanation) -> str:
    name = network.class_names[found.explained_label]
    changed = ""
    if found.off:
        after, before = network.class_names[found.label], network.class_names[found.usual_label]
        result = f"still says {after}" if after == before else f"says {after} instead of {before}"
        changed = f" With {found.off:,} switched off, the network {result}."
    return (
        "Each small picture is what one neuron looks for: ink on blue excites it, ink on orange quiets it. The bar is "
        f"what it adds to the score of {name}, or takes away. Choose one to switch it off, and see whether the answer "
        f"needs it.{changed}"
    )


def _layer_count(count: int) -> str:
    return "one hidden layer" if count == 1 else f"{count} hidden layers,"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _a(name: str) -> str:
    """With its article: the names of digits, and most others, begin with a vowel where their first letter is one."""
    return f"{'an' if name[:1] in _VOWELS else 'a'} {name}"


def _signed(value: float) -> str:
    sign = "\N{MINUS SIGN}" if value < 0 else "+"
    return f"{sign}{abs(value):.1f}"


def _percent(share: float) -> str:
    return f"{min(100 * share, 99.99):.{2 if share > 0.99 else 0}f} %"
