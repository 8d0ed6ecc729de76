"""The block of walkers, and the signatures of the compiled functions that work on it.

A block is BLOCK walkers side by side, coordinates outermost: float64[dim, BLOCK]. Every inner loop
runs over walkers, which is what LLVM vectorises. Coordinates pass through in L1 cache.
"""

from typing import Any

from numba import types

ENGINE = 2  # raised whenever the same seed gives other bits; recorded with every result and every checkpoint
BLOCK = 256
LANES = BLOCK // 2  # random streams in a block: Box-Muller gives two normals, one for each half

VECTOR = types.Array(types.float64, 1, "C")
MATRIX = types.Array(types.float64, 2, "C")
WORDS = types.Array(types.uint64, 1, "C")
LABELS = types.Array(types.int64, 1, "C")
INDICES = types.Array(types.int64, 2, "C")

# gradient(X[dim, n], G[dim, n] out, parameters); energy(X, E[n] out, ..); label(X, L[n] out, ..)
GRADIENT = types.void(MATRIX, MATRIX, VECTOR)
ENERGY = types.void(MATRIX, VECTOR, VECTOR)
LABEL = types.void(MATRIX, LABELS, VECTOR)
# batch_gradient(X, terms[b, n], G out, gradient, parameters, data[n_terms, columns]):
# the mean gradient of each walker's chosen terms
BATCH_GRADIENT = types.void(MATRIX, INDICES, MATRIX, types.FunctionType(GRADIENT), VECTOR, MATRIX)
# step(t, X[dim, BLOCK], memory[rows, BLOCK], scratch[rows, BLOCK], stream, step_size, noise, settings, domain,
#      gradient, energy, parameters, batch_gradient, data, batch[b, BLOCK] scratch, shuffled[n_terms] scratch)
STEP = types.void(
    types.int64,
    MATRIX,
    MATRIX,
    MATRIX,
    WORDS,
    types.float64,
    types.float64,
    VECTOR,
    VECTOR,
    types.FunctionType(GRADIENT),
    types.FunctionType(ENERGY),
    VECTOR,
    types.FunctionType(BATCH_GRADIENT),
    MATRIX,
    INDICES,
    LABELS,
)


def first_class(function: Any, signature: Any) -> Any:
    """Compile for one signature and disable further compilation, so that numba passes the function as a pointer.

    The kernel that receives it is then compiled once for all potentials and all dynamics. (With
    NUMBA_DISABLE_JIT the function stays a plain one.)
    """
    if hasattr(function, "nopython_signatures") and not function.nopython_signatures:
        function.compile(signature)
        function.disable_compile()
    return function
