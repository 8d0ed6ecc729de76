import numpy as np
import pytest
from naive import central_difference, twowell_energy

from langevin_sim import potentials
from langevin_sim.errors import InputError, UnknownNameError


@pytest.mark.parametrize("name", potentials.names())
@pytest.mark.parametrize("dim", [1, 2, 5])
class TestEvery:
    def test_gradient_is_that_of_the_energy(self, name, dim):
        U = potentials.get(name, dim)
        x = np.random.default_rng(1).normal(size=(200, dim)) * 2
        np.testing.assert_allclose(U.gradient(x), central_difference(U.energy, x), atol=2e-7, rtol=1e-6)

    def test_minima(self, name, dim):
        U = potentials.get(name, dim)
        assert np.abs(U.gradient(U.minima)).max() < 1e-8
        nearby = U.minima[:, None] + 1e-2 * np.random.default_rng(2).normal(size=(1, 50, dim))
        assert (U.energy(nearby) > U.energy(U.minima)[:, None]).all()

    def test_starts_lie_in_their_regions(self, name, dim):
        U = potentials.get(name, dim)
        starts = np.stack([region.start for region in U.regions])
        assert U.label(starts).tolist() == list(range(len(U.regions)))


@pytest.mark.parametrize("dim", [1, 3, 40])
def test_twowell_equals_its_twin(dim):
    x = np.random.default_rng(3).normal(size=(500, dim)) * 3
    energy, wide = twowell_energy(x, ratio=3.0, width=0.8, separation=5.0, softness=0.4)
    U = potentials.twowell(dim, ratio=3.0, width=0.8, separation=5.0, softness=0.4)
    np.testing.assert_allclose(U.energy(x), energy, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(U.label(x) == 0, wide)


def test_bad_names_and_parameters():
    with pytest.raises(UnknownNameError, match="did you mean 'twowell'"):
        potentials.get("towwell", 1)
    with pytest.raises(UnknownNameError, match="did you mean 'ratio'"):
        potentials.get("twowell", 1, ratoi=2.0)
    with pytest.raises(InputError, match="width = -1"):
        potentials.get("twowell", 1, width=-1.0)
