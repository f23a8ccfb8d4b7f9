"""Somebody's own `torch.nn.Module`: what can be told of it, and how it travels to a worker.

Runs in the process that has the module, and leaves it as it is: all is done to a copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import BytesIO
from itertools import chain
from pickle import HIGHEST_PROTOCOL
from types import BuiltinFunctionType, FunctionType
from typing import Any

import cloudpickle
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks import units
from benchmarks.candidates import CandidateError, OwnNetwork, check_input_shape, check_name
from benchmarks.inputs import images_of

MAX_BYTES = 2_000_000_000  # an ONNX file cannot hold more in one piece
DIGEST_CHARACTERS = 16
_SAID_CHARACTERS = 300  # of what another library says
_ONE_TENSOR = (
    "Only networks that give one tensor of floating-point numbers, batch first, can be timed; wrap "
    "it in a module that returns one."
)


def describe(
    module: nn.Module, name: str, input_shape: tuple[int, int, int]
) -> tuple[OwnNetwork, bytes]:
    """What is known of `module`, and the module itself, pickled, as a worker is to build it.

    input_shape: channels, height and width of one image. Takes one inference, in eval mode on the
    CPU, which leaves neither the module nor torch's random numbers changed. Hooks that are plain
    functions are timed with the module but not called here: they would tell whoever set them.

    Raises CandidateError for what cannot be timed, with the reason.
    """
    check_name(name)
    check_input_shape(input_shape)
    size_bytes = _checked_size_bytes(module, name)
    copy = _copied(module, name)
    pickled = _pickled(copy, name)
    operations, flops = _run(copy, name, input_shape)
    network = OwnNetwork(
        name=name,
        input_shape=input_shape,
        parameters=sum(one.numel() for one in module.parameters()),
        mult_adds=flops // 2,
        size_bytes=size_bytes,
        digest=operations,
    )
    return network, pickled


def _checked_size_bytes(module: nn.Module, name: str) -> int:
    """Of parameters and buffers. Raises CandidateError unless all are plain tensors in float32."""
    if isinstance(module, torch.jit.ScriptModule) or hasattr(module, "_orig_mod"):
        raise CandidateError(
            f"{name} was compiled already. Give the module that it was made of; engine 'compiled' "
            "compiles it."
        )
    for path, part in module.named_modules():
        if ".quantized" in type(part).__module__:
            raise CandidateError(
                f"{path or name} of {name} is quantised. Give the network in float32; precision "
                "'int8' quantises it."
            )
    size_bytes = 0
    for path, tensor in chain(module.named_parameters(), module.named_buffers()):
        if is_lazy(tensor) or tensor.is_meta:
            raise CandidateError(
                f"{path} of {name} has no values yet. Run the network once, or load its weights."
            )
        if type(tensor.data) is not Tensor or tensor.layout != torch.strided:
            raise CandidateError(
                f"{path} of {name} is a {type(tensor.data).__name__} of its own kind, which is not "
                "timed. Give the network with plain tensors."
            )
        if (tensor.is_floating_point() or tensor.is_complex()) and tensor.dtype != torch.float32:
            raise CandidateError(
                f"{path} of {name} is in {_plain(tensor.dtype)}. Give the network in float32 "
                "(module.float()); `precisions` says in which it is timed."
            )
        size_bytes += tensor.nbytes
    _check_room(size_bytes, name)
    return size_bytes


def _check_room(size_bytes: int, name: str) -> None:
    if size_bytes > MAX_BYTES:
        raise CandidateError(
            f"{name} has {units.gigabytes(size_bytes)}; at most {units.gigabytes(MAX_BYTES)} can "
            "be timed. Give a smaller network."
        )


def _copied(module: nn.Module, name: str) -> nn.Module:
    """In eval mode, on the CPU. A copy by pickle would not do: what is unpickled here takes the
    place of the methods of a class of `__main__`."""
    try:
        return deepcopy(module).cpu().eval()
    except Exception as error:  # of somebody's own code
        raise _not_picklable(module, name, error) from error


def _pickled(module: nn.Module, name: str) -> bytes:
    """By torch, which keeps tensors that share memory together, at ten times the speed; classes of
    `__main__` by value."""
    file = BytesIO()
    try:
        torch.save(module, file, pickle_module=cloudpickle, pickle_protocol=HIGHEST_PROTOCOL)
    except Exception as error:
        raise _not_picklable(module, name, error) from error
    pickled = file.getvalue()
    _check_room(len(pickled), f"{name}, with all that belongs to it,")
    return pickled


def _not_picklable(module: nn.Module, name: str, error: Exception) -> CandidateError:
    return CandidateError(
        f"{name} cannot be handed to another process, because of {_culprit(module)}: "
        f"{_first_line(error)}. Leave that out, or make it where it is used."
    )


def _culprit(module: nn.Module) -> str:
    for path, part in module.named_modules():
        for attribute, value in vars(part).items():
            if attribute in ("_modules", "_parameters", "_buffers"):
                continue
            try:
                cloudpickle.dumps(value)
            except Exception:
                place = ".".join(filter(None, (path, attribute)))
                return f"its attribute {place!r}"
    return f"its class {type(module).__name__}, or what that uses"


def _run(module: nn.Module, name: str, shape: tuple[int, int, int]) -> tuple[str, int]:
    """Digest of the operations of one inference, and its FLOPs. Raises CandidateError."""
    _forget_functions(module)
    record = _Record()
    image = torch.from_numpy(images_of(shape, 1))
    try:
        with torch.random.fork_rng(devices=[]), torch.inference_mode(), record:
            output = module(image)
    except Exception as error:  # of somebody's own code
        raise CandidateError(
            f"{name} does not take an input of shape {tuple(image.shape)}: {_first_line(error)}. "
            "Give the input_shape that it is made for."
        ) from error
    if not isinstance(output, Tensor):
        raise CandidateError(f"{name} gives a {type(output).__name__}. {_ONE_TENSOR}")
    if not output.is_floating_point() or output.ndim < 1 or len(output) != 1 or not output.numel():
        given = f"a tensor of shape {tuple(output.shape)} in {_plain(output.dtype)}"
        raise CandidateError(f"{name} gives {given} for one image. {_ONE_TENSOR}")
    return record.digest(), record.flops


def _forget_functions(module: nn.Module) -> None:
    """Copies of functions are the functions themselves, and may fill a list of the caller's."""
    for part in module.modules():
        for hooks in (part._forward_hooks, part._forward_pre_hooks):
            for key, hook in list(hooks.items()):
                if isinstance(hook, (FunctionType, BuiltinFunctionType)):
                    del hooks[key]


class _Record(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Hashes each operation with shapes and types of what it works on, and its settings; counts
    its FLOPs as torch's FlopCounterMode does, which imports the compiler for that (2 to 4 s)."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._hash = hashlib.sha256()
        self.flops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Not to be told to the compiler, which would be imported to hear it."""
        return False

    def digest(self) -> str:
        return self._hash.hexdigest()[:DIGEST_CHARACTERS]

    def __torch_dispatch__(
        self,
        operation: Any,
        types: Sequence[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        named = dict(kwargs or {})
        count = flop_registry.get(operation.overloadpacket)
        if count is None:
            with self:
                done = operation.decompose(*args, **named)
            if done is not NotImplemented:  # it has been recorded as what it is made of
                return done
        self._hash.update(f"{operation} {_told(args)} {_told(sorted(named.items()))}\n".encode())
        output = operation(*args, **named)
        if count is not None:
            self.flops += count(*args, **named, out_val=output)
        return output


def _told(value: object) -> str:
    """The same whatever the values of tensors."""
    match value:
        case Tensor():
            return f"{value.dtype}{tuple(value.shape)}"
        case list() | tuple():
            return f"({', '.join(map(_told, value))})"
        case None | bool() | int() | float() | str():
            return repr(value)
        case torch.dtype() | torch.device() | torch.layout() | torch.memory_format():
            return str(value)
    return type(value).__name__


def _plain(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    said = lines[0][:_SAID_CHARACTERS].rstrip(" .") if lines else "no reason was given"
    return f"{type(error).__name__}: {said}"
