"""The wide well's mass against temperature: simulated, Boltzmann's law and the chain law; plotted and exported.

    python docs/examples/temperature.py

Writes temperature.png and draws.nc into the current folder; a few seconds.
"""

from matplotlib.figure import Figure

import langevin_sim as ls

U = ls.potentials.twowell(dim=2)
temperatures = (0.7, 1.0, 1.5, 2.0)
simulated, errors, exact, own = [], [], [], []
for k, temperature in enumerate(temperatures):
    run = ls.simulate(U, ls.GDL(step_size=0.02, temperature=temperature), walkers=1024, steps=12_000, burn_in=4_000, seed=k)
    mass, error = run.occupancy["wide"]
    simulated.append(mass)
    errors.append(2.0 * error)
    exact.append(ls.boltzmann(U, temperature).mass("wide"))
    own.append(ls.chain_law(U, run.dynamics).mass("wide"))
    print(f"T = {temperature:.1f}: wide {mass:.4f} ± {error:.4f}, Boltzmann {exact[-1]:.4f}, chain {own[-1]:.4f}")

figure = Figure(layout="constrained")
axes = figure.add_subplot()
axes.errorbar(temperatures, simulated, errors, fmt="o", label="simulated, ± 2 standard errors")
axes.plot(temperatures, exact, label="Boltzmann")
axes.plot(temperatures, own, "--", label="chain law, step 0.02")
axes.set(xlabel="temperature (units of energy)", ylabel="mass of the wide well")
axes.legend()
figure.savefig("temperature.png")

run.to_xarray().to_netcdf("draws.nc", engine="h5netcdf")
