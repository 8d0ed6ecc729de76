"""Describe a potential's structure, which decides which exact laws can be computed."""

import numpy as np

from langevin_sim.potentials.potential import Potential

_MOST = 6  # number of groups of coordinates to list


def structure(potential: Potential) -> list[str]:
    """One line each: sum over groups of coordinates, quadratic form, symmetry, finite sum, minima, what is exact."""
    return [
        _factors(potential),
        _quadratic(potential),
        "axial: U depends on x1 and on |(x2, .., xd)| only" if potential.symmetry == "axial" else "no axial symmetry found",
        _terms(potential),
        _minima(potential),
        _exact(potential),
    ]


def _factors(potential: Potential) -> str:
    if potential.factors is None:
        return "no sum over groups of coordinates found" if potential.dim > 1 else "one coordinate"
    groups = ["(" + ", ".join(f"x{j + 1}" for j in factor.coordinates) + ")" for factor in potential.factors]
    shown = groups if len(groups) <= _MOST else [*groups[: _MOST - 1], "..", groups[-1]]
    return f"a sum over {len(groups)} groups of coordinates, {', '.join(shown)}: laws are products"


def _quadratic(potential: Potential) -> str:
    if potential.quadratic is None:
        return "no quadratic form found"
    curvatures = np.linalg.eigvalsh(potential.quadratic.curvature)
    return f"a quadratic form, curvatures {curvatures[0]:.6g} to {curvatures[-1]:.6g}: laws are in closed form"


def _terms(potential: Potential) -> str:
    if potential.terms is None:
        return "not a finite sum: sgd and sgdl make it one by tilts"
    noise = "depends on x" if potential.terms.covariance is None else "is the same everywhere"
    return f"a finite sum of {potential.terms.n_terms:,} terms, whose gradient noise {noise}"


def _minima(potential: Potential) -> str:
    count = len(potential.minima)
    found = f"{count:,} {'minimum' if count == 1 else 'minima'}"
    if potential.regions[-1].name == "elsewhere":
        return f"more than {found}: each of these has a region, and the others form elsewhere (--max-regions)"
    return f"{found}, {len(potential.regions):,} region{'s' if len(potential.regions) > 1 else ''}"


def _exact(potential: Potential) -> str:
    parts = {
        "masses": potential.exact_masses,
        "marginal of x1": potential.exact_marginal,
        "mean energy": potential.exact_energy,
        "masses as T -> 0": potential.cold_masses,
    }
    known = [name for name, part in parts.items() if part is not None]
    return f"in closed form: {', '.join(known)}" if known else "nothing in closed form: laws by quadrature"
