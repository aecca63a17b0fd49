"""What others have published for networks of dense layers on MNIST's test set."""

from dataclasses import dataclass

__all__ = ["COMBINED", "SINGLE_PASS", "Published"]


@dataclass(frozen=True)
class Published:
    """One result.

    Attributes:
        error: On the 10,000 test images, in [0, 1].
        what: The network, and what it learned from.
        short: The same in a few words.
        source: Authors and year.
        link: Where to read it.
    """

    error: float
    what: str
    short: str
    source: str
    link: str


_SIMARD_LINK = (
    "https://www.microsoft.com/en-us/research/publication/"
    "best-practices-for-convolutional-neural-networks-applied-to-visual-document-analysis/"
)
_SIMARD = ("Simard, Steinkraus and Platt 2003", _SIMARD_LINK)

SINGLE_PASS = (  # one network, one look at each image
    Published(0.0160, "784-800-10, images as they are", "Simard 2003, no distortions", *_SIMARD),
    Published(
        0.0095,
        "two layers of 8,192 ReLU, dropout and max-norm, images as they are",
        "Srivastava 2014, dropout",
        "Srivastava and others 2014",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    Published(0.0070, "784-800-10, elastic distortions", "Simard 2003, elastic", *_SIMARD),
    Published(
        0.0035,
        "784-2500-2000-1500-1000-500-10, affine and elastic distortions",
        "Cireşan 2010, affine and elastic",
        "Cireşan and others 2010",
        "https://arxiv.org/abs/1003.0358",
    ),
)
COMBINED = (  # several networks, or several looks
    Published(
        0.0031,
        "committee of seven networks of dense layers",
        "Cireşan 2011, seven networks",
        "Cireşan and others 2011",
        "https://arxiv.org/abs/1103.4487",
    ),
    Published(
        0.0026,
        "one network, augmented inference",
        "Sato 2015, augmented inference",
        "Sato, Nishimura and Yokoi 2015",
        "https://arxiv.org/abs/1505.03229",
    ),
)
