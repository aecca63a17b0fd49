"""An explanation in plain words, for someone who has never seen a network."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from digitnet.inspection.counterfactual import Counterfactual
from digitnet.inspection.explanation import Explanation
from digitnet.inspection.network import Network

__all__ = [
    "sentences",
    "words_for_counterfactual",
    "words_for_neighbours",
    "words_for_neuron",
    "words_for_second_network",
]

_MIN_SURE_PROBABILITY = 0.9  # below it the second class is named as well; chosen by hand
_MIN_MAJORITY = 0.5  # part of a neuron's strongest images, from which on it belongs to one class; chosen by hand
_VOWELS = tuple("8AEIOaeio")  # names of classes with the article "an", such as 8, "an eight"


def sentences(network: Network, found: Explanation, truth: int | None = None) -> dict[str, str]:
    """A few sentences for each part of an explanation.

    Args:
        network: What was explained.
        found: The explanation.
        truth: What the image really shows, where that is known: a wrong answer is compared with it.

    Returns:
        By the names answer, attribution, comparison, layers, neurons and change; the last is empty while all are on.
    """
    return {
        "answer": _answer(network, found),
        "attribution": _attribution(network, found),
        "comparison": _comparison(network, found, truth),
        "layers": _layers(network, found),
        "neurons": _neurons(network, found),
        "change": _change(network, found),
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
        "This page looks into one of the two networks that answer together; the other, which was trained on more kinds "
        f"of pens, is {_percent(probabilities[label])} for {class_names[label]}."
    )


def words_for_counterfactual(class_names: Sequence[str], label: int, found: Counterfactual | None) -> str:
    """A sentence or two about what would change an answer, which claim no more than the search knows.

    Args:
        class_names: Of the network.
        label: The answer of now.
        found: The smallest change that was found; None where none was.
    """
    if found is None:
        return (
            "The search found no change near the ink that is small and makes the answer another one. That is no proof: "
            "it follows one way to each answer, and there are more ways than anybody can try."
        )
    after, count = class_names[found.label], len(found.pixels)
    if count == 1:
        needed = f"Put it back, and the answer is no longer {after}."
    else:
        needed = f"Put back any one of the {count}, and the answer is no longer {after}."
    amounts = ((found.added, "added"), (found.removed, "taken away"))
    ink = " and ".join(f"{_ink_pixels(amount)} {verb}" for amount, verb in amounts if amount)
    return (
        f"With {count} of 784 pixels changed, the answer is {after} instead of {class_names[label]}: {ink}. This is "
        f"the smallest change that the search found; there may be a smaller one. {needed}"
    )


def _ink_pixels(amount: float) -> str:
    """Ink in pixels of full ink, never rounded to nothing."""
    shown = f"{max(amount, 0.1):.1f}"
    return f"the ink of {shown} {'pixel' if shown == '1.0' else 'pixels'}"


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
        f"{first} and gives it {_percent(share)}: its score for {names[found.label]} is {best}, and the next best, "
        f"{names[second]}, has {next_best}."
    )


def _attribution(network: Network, found: Explanation) -> str:
    """The parts of the explained score, which add up to it."""
    label = found.explained_label
    name, parts = network.class_names[label], found.attribution
    pixels = parts.pixels[label]
    blank, speaks_for, against = map(_signed, (parts.blank[label], pixels[pixels > 0].sum(), pixels[pixels < 0].sum()))
    rest, score = _signed(parts.switched[label]), _signed(found.logits[label])
    last = ""
    if not network.is_piecewise_linear:
        last = (
            f"The last {rest} is what is rounded away where the way from blank paper to this image is walked in steps. "
        )
    elif network.hidden:
        last = (
            f"The last {rest} comes from neurons that this ink woke or silenced: whatever it is shown, a neuron that "
            "is awake adds a fixed number of its own, its bias. "
        )
    return (
        f"The score of {name} is a sum. Blank paper has {blank}. Ink on blue speaks for {name}, {speaks_for}, ink on "
        f"orange against it, {against}. {last}Together that is {score}, and nothing is left out."
    )


def _comparison(network: Network, found: Explanation, truth: int | None) -> str:
    """Why the answer has a higher score than another class: what is explained, what is right, or the next best."""
    others = [label for label in (found.explained_label, truth) if label not in (None, found.label)]
    order = np.argsort(-found.logits, kind="stable")
    others += [int(label) for label in order if label != found.label]
    if not others:
        return ""
    answer, other = found.label, others[0]
    name, other_name = network.class_names[answer], network.class_names[other]
    parts = found.attribution
    ahead = [of[answer] - of[other] for of in (found.logits, parts.pixels.sum(axis=1), parts.switched, parts.blank)]
    pixels, switched, blank = map(_signed, ahead[1:])
    woken = f"{switched} by the neurons that it woke or silenced, " if network.hidden else ""
    if ahead[0] <= 0:
        return f"{name} and {other_name} have the same score."
    why = f"Why {name} and not {other_name}: its score is higher by {ahead[0]:.2f}, {pixels} by the ink itself, "
    decided = ""
    if ahead[1] < 0:
        cause = "the neurons" if ahead[2] >= ahead[3] else "what it says of blank paper"
        decided = f" Pixel by pixel the ink speaks more for {other_name}; {cause} decided otherwise."
    return f"{why}{woken}{blank} as on blank paper.{decided}"


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
    return (
        "Each small picture is what one neuron looks for: ink on blue excites it, ink on orange quiets it. The bar is "
        f"what it adds to the score of {name}, or takes away, while all others stay as they are. Choose one to switch "
        "it off, and see by how much the answer moves."
    )


def _change(network: Network, found: Explanation) -> str:
    """What switching neurons off has changed, and by how much; "" where all are on."""
    if not found.off:
        return ""
    label = found.usual_label
    after, before = network.class_names[found.label], network.class_names[label]
    result = f"still {after}. Its" if after == before else f"{before} became {after}. The"
    of = "" if after == before else f" of {before}"
    scores = [_signed(logits[label], 2) for logits in (found.usual_logits, found.logits)]
    shares = [_percent(float(each[label])) for each in (found.usual_probabilities, found.probabilities)]
    count = f"{found.off:,} neuron{'' if found.off == 1 else 's'} off"
    return (
        f"{count}: {result} score{of} went from {scores[0]} to {scores[1]}, "
        f"its probability from {shares[0]} to {shares[1]}."
    )


def _layer_count(count: int) -> str:
    return "one hidden layer" if count == 1 else f"{count} hidden layers,"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _a(name: str) -> str:
    """With its article: the names of digits, and most others, begin with a vowel where their first letter is one."""
    return f"{'an' if name[:1] in _VOWELS else 'a'} {name}"


def _signed(value: float, digits: int = 1) -> str:
    sign = "\N{MINUS SIGN}" if value < 0 else "+"
    return f"{sign}{abs(value):.{digits}f}"


def _percent(share: float) -> str:
    return f"{min(100 * share, 99.99):.{2 if share > 0.99 else 0}f} %"
