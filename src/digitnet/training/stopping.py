"""A request that training stop, as a value that any thread may set and the training asks for."""

__all__ = ["StopRequest"]


class StopRequest:
    """Nothing is asked at first; what has been asked stays asked.

    Attributes:
        requested: Whether training is to stop when the epoch that runs is finished.
        at_once: Whether it is to give up the epoch that runs, too.
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
