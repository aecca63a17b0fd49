"""One training on several devices: each works on its part of every batch, and all hold the same weights.

The compiled epoch is written as if there were one device. JAX divides it: the images of a step over the devices, and
XLA adds up over all of them what is summed over the batch, which are gradients, loss, metrics and the statistics of
batch normalisation. Random numbers are hashed from the place in the whole batch, so that they are the same however
it is divided.
"""

import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias, TypeVar, cast

import jax
import numpy as np
from jax.experimental.multihost_utils import process_allgather
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from digitnet.errors import ConfigurationError, TrainingProcessError
from digitnet.training.processes import watched

__all__ = ["DataParallel", "OneDevice", "layout_of"]

_BATCH = "batch"  # the one axis of the mesh

Arrays: TypeAlias = Any  # an array, or lists and tuples of arrays
_Function = TypeVar("_Function", bound=Callable[..., Any])


class OneDevice:
    """Everything on JAX's default device; what has a counterpart in `DataParallel` does the least for it."""

    def check_batch_size(self, batch_size: int) -> None:
        """Every size can be trained with."""

    def replicate(self, arrays: Arrays) -> Arrays:
        """The arrays on the device."""
        return jax.device_put(arrays)

    def replicate_state(self, state: Arrays) -> Arrays:
        """The state as it is: it never leaves the device."""
        return state

    def local(self, arrays: Arrays) -> Arrays:
        """The arrays as they are."""
        return arrays

    def divide(self, batch: jax.Array) -> jax.Array:
        """The batch as it is."""
        return batch

    def compile(self, function: _Function) -> _Function:
        """The function as a program that is compiled at its first call."""
        compiled: Any = jax.jit(function)
        return cast(_Function, compiled)

    def watched(self) -> AbstractContextManager[None]:
        """Nothing is watched: there is nobody to lose."""
        return nullcontext()

    def is_any(self, is_true: bool, state: Arrays) -> bool:  # noqa: ARG002 - as DataParallel has it
        """What this process says."""
        return is_true


class DataParallel:
    """The devices of a mesh, of one process or of several.

    Every process must make the same calls in the same order, since XLA waits for all of them.

    Args:
        mesh: A jax.sharding.Mesh or a keras.distribution.DeviceMesh. Its shape and the names of its axes do not matter:
            batches are divided over all of its devices.

    Raises:
        ConfigurationError: It is no mesh, or a process has none of its devices.
    """

    def __init__(self, mesh: Any) -> None:
        mesh = getattr(mesh, "backend_mesh", mesh)  # Keras's mesh holds JAX's
        if not isinstance(mesh, Mesh):
            raise ConfigurationError(
                f"mesh is a {type(mesh).__name__}: expected a jax.sharding.Mesh, for example jax.make_mesh((2,), "
                '("batch",)), or a keras.distribution.DeviceMesh'
            )
        devices = mesh.devices.reshape(-1)
        missing = set(range(jax.process_count())) - {device.process_index for device in devices}
        if missing:
            raise ConfigurationError(
                f"mesh has no device of process {min(missing)}: expected some of each of the {jax.process_count()} "
                "processes, for example all of jax.devices()"
            )
        self._num_devices = len(devices)
        self._is_shared = jax.process_count() > 1
        mesh = Mesh(devices, (_BATCH,))
        self._whole, self._divided = (
            NamedSharding(mesh, PartitionSpec(*axes))  # type: ignore[no-untyped-call] # JAX has not typed it
            for axes in ((), (_BATCH,))
        )

    def check_batch_size(self, batch_size: int) -> None:
        """Refuse a batch of which the devices would get unequal parts.

        Raises:
            ConfigurationError: The number of devices does not divide it.
        """
        if batch_size % self._num_devices:
            lower = batch_size - batch_size % self._num_devices
            sizes = " or ".join(str(size) for size in (lower, lower + self._num_devices) if size)
            raise ConfigurationError(
                f"batch_size is {batch_size}, which the {self._num_devices} devices of the mesh cannot share evenly: "
                f"choose a multiple of {self._num_devices}, such as {sizes}"
            )

    def replicate(self, arrays: Arrays) -> Arrays:
        """Arrays of this process, of which all processes have equal ones, on every device of the mesh."""
        return jax.tree.map(self._replicate_one, arrays)

    def replicate_state(self, state: Arrays) -> Arrays:
        """The same for the state of training."""
        return self.replicate(state)

    def local(self, arrays: Arrays) -> Arrays:
        """Replicated arrays as arrays of this process alone, which it may compute with while others do not."""
        return jax.tree.map(lambda array: array.addressable_data(0), arrays)

    def divide(self, batch: jax.Array) -> jax.Array:
        """Inside a compiled program: divide what is computed from a batch over the devices.

        A remainder that cannot be divided evenly stays whole, and every device computes all of it.
        """
        if len(batch) % self._num_devices:
            return batch
        divided: jax.Array = jax.lax.with_sharding_constraint(batch, self._divided)  # type: ignore[no-untyped-call]
        return divided

    def compile(self, function: _Function) -> _Function:
        """The function as one program for all devices, whose results every device has as a whole."""
        compiled: Any = jax.jit(function, out_shardings=self._whole)
        return cast(_Function, compiled)

    def watched(self) -> AbstractContextManager[None]:
        """Inside, the loss of a process is a TrainingProcessError."""
        return watched()

    def is_any(self, is_true: bool, state: Arrays) -> bool:
        """Whether this is true in any process; on the way, that all have the same state.

        Args:
            is_true: What this process says.
            state: Arrays of this process.

        Raises:
            TrainingProcessError: The states differ, so that what would be trained from here on is no one network.
        """
        if not self._is_shared:
            return is_true
        checksum = 0
        for leaf in jax.tree.leaves(state):
            checksum = zlib.crc32(np.asarray(leaf).tobytes(), checksum)
        answers = process_allgather(np.array([is_true, checksum], np.uint32))
        others = np.flatnonzero(answers[:, 1] != answers[0, 1])
        if others.size:
            raise TrainingProcessError(
                f"process {others[0]} has come to other weights than process 0 from the same gradients: their "
                "processors or their libraries differ. Use machines of one kind"
            )
        return bool(answers[:, 0].any())

    def _replicate_one(self, array: Any) -> jax.Array:
        values = np.asarray(array)
        return jax.make_array_from_callback(values.shape, self._whole, lambda index: values[index])


def layout_of(mesh: Any) -> OneDevice | DataParallel:
    """How a training is laid out on the devices of a mesh; None stands for one device."""
    return OneDevice() if mesh is None else DataParallel(mesh)
