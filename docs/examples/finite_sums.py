"""Three finite sums on which SGD differs from gradient descent: unequal curvatures, label noise, noise that drives a current.

python docs/examples/finite_sums.py
"""

import numpy as np

import langevin_sim as ls
from langevin_sim.reference import mean_square_bound

settings = {"walkers": 512, "steps": 4000, "burn_in": 0, "record_every": 40, "seed": 1}

# 1. Wu, Ma and E (NeurIPS 2018): two minima of the same depth and curvature. At x = 0 both terms have the curvature 2, at x = 1
# they have 0.2 and 3.8. SGD can stay in a minimum if (1 - eta a)^2 + eta^2 s^2 (n-b)/(b(n-1)) <= 1, a and s^2 the mean and
# variance of the terms' curvatures.
pair = ls.potentials.finite_sum("min(x1^2, a*(x1 - 1)^2)", 1, {"a": [0.1, 1.9]})
sgd = ls.SGD(step_size=0.7, batch_size=1)
uniform, unequal = (mean_square_bound(pair, sgd, [x]) for x in (0.0, 1.0))
print(f"two parabolas: SGD can stay at x = 0 with steps up to {uniform:.4f}, at x = 1 up to {unequal:.4f}")
starts = np.tile([[0.01], [1.01]], (256, 1))
remaining = {}
for dynamics in (ls.GD(step_size=0.7), sgd):
    run = ls.simulate(pair, dynamics, start=starts, **settings)
    there = np.abs(run.final[starts[:, 0] > 0.5] - 1.0) < 0.4
    remaining[dynamics.name] = there.mean()
    error = there.std() / np.sqrt(len(there))
    print(f"  {dynamics.title}, step 0.7: {there.mean():.3f} ± {error:.3f} of the walkers that started at x = 1 are still there")

# 2. Label noise: x1 x2 is to be 1, and every label is off by 1/2, up or down. All points of the valley x1 x2 = 1 are equally
# good, and gradient descent stays where it reached it; SGD drifts to where the valley is flattest, |x|^2 = 2
# (Blanc, Gupta, Valiant and Valiant, COLT 2020).
box = ls.Domain("box", -4.0, 4.0)
noisy = ls.potentials.finite_sum("(x1*x2 - y)^2/2", 2, {"y": [0.5, 1.5]}, domain=box)
exact = ls.potentials.finite_sum("(x1*x2 - y)^2/2", 2, {"y": [1.0, 1.0]}, domain=box)
print("label noise: |x|^2 in the valley x1 x2 = 1, where it began at 6.41")
squares = {}
for name, U, dynamics in (
    ("GD", noisy, ls.GD(step_size=0.1)),
    ("SGD without label noise", exact, ls.SGD(step_size=0.1, batch_size=1)),
    ("SGD with label noise", noisy, ls.SGD(step_size=0.1, batch_size=1)),
):
    run = ls.simulate(U, dynamics, start=np.tile([2.5, 0.4], (512, 1)), **settings)
    r2 = (run.final**2).sum(axis=1)
    squares[name] = r2.mean()
    print(f"  {name}: {r2.mean():.3f} ± {r2.std() / np.sqrt(len(r2)):.3f}")

# 3. Chaudhari and Soatto (ICLR 2018): noise that is not isotropic drives a current around the minimum, so that the law is not
# exp(-U/T) at any temperature. With noise along (1, 1) and curvatures 1 and 4, C_12 = 1 the covariance of both slopes:
# E[x1 x2'] - E[x2 x1'] = -3 eta S_12, S_12 = eta^2 C_12 / (1 - (1 - eta)(1 - 4 eta)), x' the next state. It is 0 for GDL.
eta = 0.1
driven = ls.potentials.finite_sum("(x1^2 + 4*x2^2)/2 + z*(x1 + x2)", 2, {"z": [-1.0, 1.0]})
expected = -3.0 * eta * eta**2 * driven.terms.covariance[0, 1] / (1.0 - (1.0 - eta) * (1.0 - 4.0 * eta))
print(f"rotation: E[x1 x2'] - E[x2 x1'], {expected:.5f} for SGD by theory")
rotation = {}
for dynamics in (ls.SGD(step_size=eta, batch_size=1), ls.GDL(step_size=eta, temperature=0.05)):
    often = {"walkers": 512, "steps": 400, "burn_in": 200, "record_every": 1, "seed": 1}
    x = ls.simulate(driven, dynamics, record={"x": lambda x: x}, **often).samples["x"]  # [records, walkers, 2]
    turned = (x[:-1, :, 0] * x[1:, :, 1] - x[:-1, :, 1] * x[1:, :, 0]).mean(axis=0)
    rotation[dynamics.name] = turned.mean(), turned.std(ddof=1) / np.sqrt(turned.size)
    print(f"  {dynamics.title}: {turned.mean():.5f} ± {rotation[dynamics.name][1]:.5f}")
