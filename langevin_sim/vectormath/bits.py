"""Views of a float64 as its bits and back, and the fused multiply-add, as single instructions."""

import math
import struct
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import config
from numba.extending import intrinsic

if config.DISABLE_JIT:  # type: ignore[attr-defined]  # plain Python twins, for measuring coverage

    def fma(a: float, b: float, c: float) -> float:
        """a * b + c (here with two roundings)."""
        return a * b + c

    def float_of(bits: Any) -> float:
        """The float64 whose IEEE 754 representation is ``bits``."""
        return float(struct.unpack("<d", struct.pack("<Q", int(bits)))[0])

    def bits_of(value: float) -> Any:
        """The IEEE 754 representation of a float64, as uint64."""
        return np.uint64(struct.unpack("<Q", struct.pack("<d", value))[0])

else:

    @intrinsic
    def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
        """a * b + c, rounded once."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.fma(*arguments)

        return types.float64(types.float64, types.float64, types.float64), generate

    @intrinsic
    def float_of(typing_context: Any, bits: Any) -> Any:
        """The float64 whose IEEE 754 representation is ``bits``."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], ir.DoubleType())

        return types.float64(types.uint64), generate

    @intrinsic
    def bits_of(typing_context: Any, value: Any) -> Any:
        """The IEEE 754 representation of a float64, as uint64."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], ir.IntType(64))

        return types.uint64(types.float64), generate


# ln 2 in two parts: the first has trailing zeros, so that its product with an exponent is exact.
LN2_HIGH = float.fromhex("0x1.62e42feep-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
LOG2_E = 1.0 / math.log(2.0)
