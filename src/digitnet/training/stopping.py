"""A request to stop training, which any thread may make and the training loop checks."""

__all__ = ["StopRequest"]


class StopRequest:
    """A request to stop; once made it stays.

    Attributes:
        requested: Whether training is to stop when the epoch that runs is finished.
        at_once: Whether the epoch that runs is abandoned.
    """

    def __init__(self) -> None:
        self.requested = False
        self.at_once = False

    def request(self, *, at_once: bool = False) -> None:
        """Ask training to stop.

        Args:
            at_once: Without waiting for the end of the epoch; the weights stay those of the epoch before.
        """
        self.at_once = self.at_once or at_once
        self.requested = True
