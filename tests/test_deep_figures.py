"""Figures and texts of network experiments, from folders with made-up data."""

import json
import subprocess
import sys

import numpy as np
import pytest

from langevin_sim.memo import fig1, fig2
from langevin_sim.memo.table1 import published
from langevin_sim.memo.table1 import text as table1
from langevin_sim.runs.kinds import KINDS
from langevin_sim.settings.network import FlatnessSpec, NoiseSpec, PlaneSpec, TrainSpec

NOTE = "1,000 of 60,000 training images"
QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def text_of(values):
    """figure.md of a summary."""
    return KINDS[values["kind"]].text(values)


def run(data="mnist", labels="natural", replicas=3, stop=0.005, **options):
    spec = TrainSpec(data=data, labels=labels, replicas=replicas, stop_loss=stop, seed=7, **options)
    results = [
        {
            "replica": k,
            "epochs": 20 + k,
            "steps": 320 * (20 + k),
            "train_loss": 0.0041 + 1e-4 * k,
            "train_accuracy": 0.9993,
            "validation_loss": 0.21,
            "validation_accuracy": 0.951 + 0.001 * k,
            "weight_norm": 23.4 + k,
            "stopped": k != 2,
            "seconds": 9.0,
        }
        for k in range(replicas)
    ]
    return {
        "name": spec.title,
        "folder": "outputs/minima/1",
        "hash": "f" * 64,
        "spec": spec.model_dump(mode="json"),
        "parameters": 906410,
        "data": {
            "name": data,
            "source": "files",
            "digest": "a" * 64,
            "note": NOTE,
            "training": 1000,
            "validation": 500,
            "shape": [1, 28, 28],
            "classes": 10,
            "replaced": 1000 if labels == "random" else 0,
        },
        "device": "cpu",
        "results": results,
    }


def summary(kind, runs, results, settings, **more):
    return {
        "schema": 1,
        "kind": kind,
        "command": f"langevin-sim deep {kind} --seed 5",
        "seed": 5,
        "seconds": 61.3,
        "runs": runs,
        "settings": settings.model_dump(mode="json"),
        "results": results,
        **more,
    }


def curve(epochs, rng, quantity, floor=0.004):
    if quantity.endswith("loss"):
        least = 0.2 if quantity.startswith("validation") else floor
        return (least + 2.3 * np.exp(-epochs / 3.0)) * np.exp(0.05 * rng.normal(size=len(epochs)))
    top = 0.95 if quantity.startswith("validation") else 0.999
    return top - 0.85 * np.exp(-epochs / 3.0) + 0.002 * rng.normal(size=len(epochs))


def training(replicas=3, epochs=20, every=1, stop=0.005):
    rng, rows = np.random.default_rng(1), []
    for replica in range(replicas):
        number = np.arange(epochs + replica % 3 + 1.0)
        own = {"replica": np.full(len(number), replica), "epoch": number}
        looked = (number % every == 0) | (number == number[-1])
        own |= {name: np.where(looked, curve(number, rng, name), np.nan) for name in QUANTITIES}
        own |= {f"running_{name}": np.where(number > 0, own[f"train_{name}"], np.nan) for name in ("loss", "accuracy")}
        rows.append(own)
    arrays = {name: np.concatenate([own[name] for own in rows]) for name in rows[0]}
    trained = run(replicas=replicas, stop=stop)
    return summary("train", [trained], [], TrainSpec(**trained["spec"])), arrays


def noise(sizes=(16, 64, 256), components=6, batches=1000, dead=False, pvalue=None):
    rng, results, arrays = np.random.default_rng(2), [], {}
    for size in sizes:
        shape = max(size / 16, 0.3)  # of a gamma law: skewness 2 / sqrt(shape), excess kurtosis 6 / shape
        sample = 1e-3 * (rng.gamma(shape, size=(batches, components)) - shape) / shape + 2e-5
        entries = [
            {
                "parameter": f"layers.{k % 4}.weight[{11 * k},{37 * k}]",
                "mean": float(x.mean()),
                "stderr": float(x.std() / batches**0.5),
                "full_gradient": 2e-5,
                "sd": float(x.std()),
                "skewness": 2 / shape**0.5,
                "skewness_stderr": (6 / batches) ** 0.5,
                "kurtosis": 6 / shape,
                "kurtosis_stderr": (24 / batches) ** 0.5,
                "anderson": 3.2,
                "anderson_pvalue": pvalue if pvalue is not None else (0.01 if k or size < 100 else 0.15),
            }
            for k, x in enumerate(sample.T)
        ]
        if dead:
            sample[:, 0] = 0.0
            entries[0] |= {
                name: 0.0 if name in ("mean", "stderr", "full_gradient", "sd") else None
                for name in entries[0]
                if name != "parameter"
            }
        arrays[f"b{size}_samples"] = sample
        results.append(
            {
                "run": 0,
                "batch_size": size,
                "batches": batches,
                "whole_epochs": True,
                "components": entries,
                "live": 612034,
                "skewness_quantiles": [-1.5, 0.3, 2.0],
                "kurtosis_quantiles": [1.0, 96.0 / size, 300.0 / size],
                "mean_error": 3.1e-9,
                "full_gradient_norm": 0.013,
                "noise_norm": 1.7 / size**0.5,
            }
        )
    return summary("noise", [run()], results, NoiseSpec(batch_sizes=list(sizes))), arrays


def compare(replicas=5, epochs=30, dynamics=("sgd", "sgdl"), pvalue=0.3, shift=0.0):
    rng, results, arrays, runs = np.random.default_rng(3), [], {}, []
    for k, name in enumerate(dynamics):
        number = np.arange(epochs + 1.0)
        final = {}
        arrays[f"{k}_epoch"] = number
        for quantity in QUANTITIES:
            heights = np.array([curve(number, rng, quantity, 0.004 * (1 + k)) for _ in range(replicas)])
            arrays[f"{k}_{quantity}"] = heights
            last = heights[:, -1]
            final[quantity] = {"mean": float(last.mean()), "sd": float(last.std(ddof=1)) if replicas > 1 else None}
        temperature = 1e-7 * k
        runs.append(run(data="cifar10", replicas=replicas, stop=None, dynamics=name, temperature=temperature or 1e-7))
        results.append(
            {
                "run": k,
                "dynamics": name,
                "step_size": 0.05,
                "temperature": temperature,
                "noise": (0.1 * temperature) ** 0.5,
                "replicas": replicas,
                "final": final,
            }
        )
    one = replicas == 1
    differences = [
        {"quantity": q, "mean": 0.0123 + shift, "stderr": None if one else 0.0045, "pvalue": None if one else pvalue}
        for q in QUANTITIES
    ]
    return summary("compare", runs, results, TrainSpec(), differences=differences), arrays


def lattice(divisions=12, margin=0.5):
    outer = round(margin * divisions)
    steps = range(-outer, divisions + 2 * outer + 1)
    points = [(i, j, divisions - i - j) for i in steps for j in steps if divisions - i - j >= -outer]
    return np.array(points) / divisions


SHARES = ((0.71, 0.69, 0.72), (0.18, 0.21, 0.19))  # of three triples, with natural labels and with random ones


def plane(
    kinds=("natural", "random"), divisions=12, margin=0.5, holes=False, shares=SHARES, top=0.9995, data="mnist", sides=(1, 1)
):
    results, arrays, runs = [], {}, []
    points = lattice(divisions, margin)
    corner = np.sqrt(((points[:, None, :] - np.eye(3)) ** 2).sum(axis=2)).min(axis=1)
    for k, kind in enumerate(kinds):
        width = 0.8 if kind == "natural" else 0.3
        accuracy = 0.1 + (top - 0.1) * np.exp(-((corner / width) ** 4))
        loss = 0.004 + 2.0 * (corner / width) ** 2 * np.exp(corner)
        if holes:
            accuracy, loss = accuracy.copy(), loss.copy()
            loss[:5], accuracy[:2] = np.inf, np.nan
        arrays |= {f"{k}_barycentric": points, f"{k}_loss": loss, f"{k}_accuracy": accuracy}
        runs.append(run(data=data, labels=kind))
        triples = [
            {
                "vertices": [{"loss": 0.004, "accuracy": top}] * 3,
                "centre": {"loss": 0.9, "accuracy": 0.83},
                "share_below": flat,
                "distances": [31.2 * sides[k]] * 3,
                "area": flat * np.sqrt(3.0) / 4.0 * (31.2 * sides[k]) ** 2,
            }
            for flat in shares[k]
        ]
        result = {"run": k, "labels": kind, "batch_norm": "recomputed", "images": 1000}
        results.append({**result, **triples[0], "triples": triples})
    return summary("plane", runs, results, PlaneSpec(replicas=list(range(3 * len(shares[0]))))), arrays


def flatness(
    kind="table1",
    data=("mnist",),
    minima=4,
    directions=("raw", "filter"),
    layers=("all", "top"),
    batch_norm=("fixed",),
    quantity=("loss",),
    intervals=None,
    at_least=0,
    labels=("natural", "random"),
    model="mlp",
):
    rng, results, ratios, runs = np.random.default_rng(4), [], [], []
    base = {("all", "natural"): 17.9, ("all", "random"): 10.3, ("top", "natural"): 2.7, ("top", "random"): 4.8}
    spec = FlatnessSpec(direction=list(directions), layers=list(layers), batch_norm=list(batch_norm), quantity=list(quantity))
    intervals = intervals or {"all": (1.5, 1.9), "top": (0.5, 0.62)}
    settings = [(q, b, d, x) for q in quantity for b in batch_norm for d in directions for x in layers]
    for name in data:
        for label in labels:
            runs.append(run(data=name, labels=label, replicas=minima, model=model))
            for q, bn, direction, layer in settings:
                middle = base[layer, label] * (1.0 if direction == "raw" else 0.04) * (1.4 if q == "error" else 1.0)
                means = enumerate((middle * rng.normal(1, 0.06, minima)).tolist())
                found = [
                    {
                        "replica": k,
                        "first": {"mean": m, "sd": 0.05 * m},
                        "last": {"mean": 1.02 * m, "sd": 0.05 * m},
                        "first_over_norm": m / 23.0,
                        "at_least": at_least,
                    }
                    for k, m in means
                ]
                spread = 0.06 * middle if minima > 1 else None
                over_norm = {"mean": middle / 23, "spread": spread and spread / 23}
                results.append(
                    {
                        "run": len(runs) - 1,
                        "quantity": q,
                        "batch_norm": bn,
                        "direction": direction,
                        "layers": layer,
                        "epsilon": 0.05,
                        "directions": 20,
                        "minima": found,
                        "first": {"mean": middle, "spread": spread},
                        "last": {"mean": 1.02 * middle, "spread": spread},
                        "first_over_norm": over_norm if direction == "raw" else None,
                        "at_least": at_least,
                        "evaluations": 11,
                    }
                )
        for q, bn, direction, layer in settings:
            low, high = intervals[layer] if minima > 1 else (None, None)
            ratios.append(
                {
                    "data": name,
                    "model": model,
                    "quantity": q,
                    "batch_norm": bn,
                    "direction": direction,
                    "layers": layer,
                    "natural": base[layer, "natural"],
                    "random": base[layer, "random"],
                    "ratio": base[layer, "natural"] / base[layer, "random"],
                    "low": low,
                    "high": high,
                    "level": 0.95,
                    "minima": [minima, minima],
                }
            )
    more = {"ratios": ratios} if kind == "table1" else {}
    return summary(kind, runs, results, spec, **more), {"nothing": np.zeros(0)}


def drawn(folder, made):
    values, arrays = made
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(values))
    np.savez(folder / "arrays.npz", **arrays)
    KINDS[values["kind"]].draw(folder)
    return text_of(values)


FOLDERS = {
    "train": training(),
    "train, one": training(1, 1, stop=None),
    "train, many": training(12, 40, 5),
    "noise": noise(),
    "noise, one": noise((8,), 1),
    "noise, many": noise((4, 64), 14, 200, dead=True),
    "compare": compare(),
    "compare, one replica": compare(1),
    "compare, three": compare(2, 10, ("sgd", "sgdl", "sgdl")),
    "plane": plane(),
    "plane, one": plane(("natural",), 3, 0.0),
    "plane, holes": plane(divisions=6, holes=True, top=0.9),
    "table1": flatness(),
    "table1, one minimum": flatness(minima=1, at_least=3),
    "table1, all": flatness(data=("mnist", "cifar10"), batch_norm=("fixed", "recomputed"), quantity=("loss", "error")),
    "flatness": flatness("flatness", labels=("natural",), layers=("all",)),
    "flatness, own data": flatness("flatness", data=("digits",)),
}


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_each_kind_is_drawn_and_told(tmp_path, name):
    text = drawn(tmp_path / "folder", FOLDERS[name])
    assert (tmp_path / "folder" / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "folder" / "figure.pdf").read_bytes().startswith(b"%PDF")
    values, _ = FOLDERS[name]
    assert text.startswith("# ")
    assert f"`{values['command']}`: 61 s" in text
    assert "None" not in text
    assert "nan" not in text
    for trained in values["runs"]:
        assert f"- {trained['name']}: 1,000 training images ({NOTE})" in text


def test_every_kind_is_covered():
    assert {values["kind"] for values, _ in FOLDERS.values()} == {kind.name for kind in KINDS.values() if kind.text and kind.draw}


def test_nothing_here_needs_torch():
    code = "import sys, langevin_sim.runs.network_folder; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_training_says_who_did_not_get_there():
    text = text_of(training()[0])
    assert "2 of 3 replicas got below the training loss 0.005" in text
    assert "1 of 3 did not reach it" in text
    assert "below" not in text_of(training(stop=None)[0])


def test_noise_counts_what_is_rejected():
    text = text_of(noise()[0])
    assert "6 of 6 components at batch size 16, 6 of 6 components at batch size 64, 5 of 6 components at batch size 256" in text
    assert "goes from 6 to 0.375; for a sum of independent terms it would fall as 1/b, to 0.375" in text
    assert "0.38 ± 0.15 | ≥ 0.15 |" in text
    assert "0.38 ± 0.15 | ≤ 0.01 |" in text
    assert "All of them differ" not in text
    assert "All of them differ from a Gaussian significantly" in text_of(noise(pvalue=0.01)[0])
    assert "none of them differs from a Gaussian significantly" in text_of(noise(pvalue=0.05)[0])
    assert fig1.rejected(noise((4,), 3, dead=True)[0]["results"][0]) == (2, 2)  # one has no p-value


def test_compare_says_what_is_told_apart():
    said = "The better validation accuracy belongs to"
    alike = text_of(compare()[0])
    assert "Significantly different at 1 % over 5 pairs: nothing" in alike
    assert "sgdl minus sgd" in alike
    assert "0.0123 ± 0.0045" in alike
    assert said not in alike
    assert f"{said} sgdl." in text_of(compare(pvalue=1e-4)[0])
    assert f"{said} sgd." in text_of(compare(pvalue=1e-4, shift=-0.1)[0])
    one = text_of(compare(1)[0])
    assert "1 replica each: too few to tell whether the differences are due to chance" in one
    assert said not in one
    assert fig2.names(compare(2, 10, ("sgd", "sgdl", "sgdl"))[0])[1] == "sgdl, eta = 0.05, gamma' = 0.0001"


def test_plane_goes_both_ways():
    text = text_of(plane()[0])
    means = "0.7067 ± 0.0088 with natural labels, 0.1933 ± 0.0088 with random ones"
    assert f"Flat share of the triangle: {means}: larger with natural labels, as in the memo" in text
    assert "further triples, evaluated inside their triangles: 3, 4, 5; 6, 7, 8" in text
    assert "Share and area disagree" not in text
    assert text_of(plane(shares=SHARES[::-1])[0]).count("smaller with natural labels, unlike in the memo") == 2
    assert "there is no difference" in text_of(plane(shares=((0.2, 0.2), (0.2, 0.2)))[0])
    assert text_of(plane(shares=((0.2, 0.3, 0.1), (0.15, 0.3, 0.1)))[0]).count("undecided") == 2
    apart = text_of(plane(sides=(1.0, 4.0))[0])
    assert apart.count("larger with natural") == apart.count("smaller with natural") == 1
    assert "Share and area disagree" in apart


def test_a_plane_of_one_triple_has_no_error():
    made, _ = plane(shares=((0.7,), (0.2,)))
    assert "0.7 with natural labels, 0.2 with random ones, from one triple each, so there is no error" in text_of(made)
    for result in made["results"]:  # a folder of before
        del result["triples"], result["area"]
    assert "from one triple each" in text_of(made)
    assert "Flat area" not in text_of(made)


def test_plane_tells_doubts_and_data():
    text = text_of(plane()[0])
    assert "their shares mean little" in text_of(plane(top=0.95)[0])
    assert "their shares mean little" not in text
    assert text.startswith("# Fig. 8")
    assert text_of(plane(data="cifar10")[0]).startswith("# Fig. 7")


def test_table_holds_its_numbers_beside_the_memo():
    text = text_of(flatness()[0])
    assert "| mnist | all parameters | natural | mlp | fixed | 17.9 ± 1.1 | 45.4 ± 2.7 | 13.98 ± 0.17 |" in text
    assert "| mnist | top layer | random | mlp | fixed | 4.80 ± 0.29 | 3.0 ± 0.1 | 3.86 ± 0.05 |" in text
    assert "natural : random = 1.74 (95 % interval 1.5 to 1.9); the memo has 6.58, the public re-run 3.02." in text
    assert "alexturn/robustDL" in text
    assert "neither is included here" in text_of(flatness(data=("digits",))[0])
    assert "Nothing here is comparable with the memo's table" in text_of(flatness(quantity=("error",))[0])


@pytest.mark.parametrize(
    ("intervals", "options", "everywhere", "top"),
    [
        ({"all": (1.5, 1.9), "top": (1.1, 2.0)}, {}, "natural is flatter", "natural is flatter"),
        ({"all": (1.5, 1.9), "top": (0.5, 0.62)}, {}, "natural is flatter", "reversed, random is flatter"),
        ({"all": (0.9, 1.9), "top": (0.5, 1.0)}, {}, "undecided", "undecided"),
        (None, {"minima": 1}, "undecided", "undecided"),
        (None, {"at_least": 1}, "undecided", "undecided"),  # radii that are lower bounds on both sides
    ],
)
def test_verdicts_come_out_as_the_intervals_have_them(intervals, options, everywhere, top):
    text = text_of(flatness(directions=("raw",), intervals=intervals, **options)[0])
    assert "All parameters, 1 pair of trainings" in text
    assert "Top layer, 1 pair of trainings" in text
    assert f"- mnist, mlp: {everywhere} in the one setting." in text
    assert f"- mnist, mlp: {top} in the one setting." in text
    assert f"batch norm fixed: {everywhere}, natural : random = 1.74" in text
    assert f"batch norm fixed: {top}, natural : random = 0.563" in text
    for words in {"natural is flatter", "reversed, random is flatter", "undecided in"} - {everywhere, top, f"{top} in"}:
        assert words not in text


def test_settings_that_share_their_minima_count_as_one():
    values, _ = flatness(data=("mnist", "cifar10"), layers=("all",))
    text = text_of(values)
    assert "All parameters, 2 pairs of trainings" in text
    assert text.count("natural is flatter in all 2 settings.") == 2
    filtered = next(r for r in values["ratios"] if r["data"] == "cifar10" and r["direction"] == "filter")
    filtered |= {"low": 0.4, "high": 0.6}
    text = text_of(values)
    assert text.count("natural is flatter in all 2 settings.") == 1
    assert "- cifar10, mlp: the 2 settings disagree (natural is flatter in 1; reversed, random is flatter in 1)." in text


def test_a_lower_bound_that_cannot_turn_the_verdict_leaves_it():
    values, _ = flatness(directions=("raw",), layers=("all",))
    (ratio,) = values["ratios"]
    natural, random = values["results"]
    natural["at_least"] = 4
    assert table1.verdict(ratio, values["results"], values["runs"]) == "flatter"
    assert "≥ 17.9 ± 1.1" in text_of(values)
    random["at_least"] = 1
    assert table1.verdict(ratio, values["results"], values["runs"]) == "undecided"


def test_memo_and_rerun_are_those_of_the_table():
    assert len(published.MEMO) == len(published.RERUN) == 8
    assert published.published_ratio(published.MEMO, "cifar10", "all") == pytest.approx(17.0 / 5.7)
    assert published.published_ratio(published.MEMO, "digits", "all") is None


@pytest.mark.parametrize("model", ["mlp", "package.of.mine:a_function_with_a_long_name"])
def test_rows_fit_a_terminal(model):
    for data in (("mnist",), ("fashion-mnist", "cifar10")):
        made, _ = flatness(data=data, batch_norm=("fixed", "recomputed"), quantity=("loss", "error"), at_least=3, model=model)
        rows = table1.rows(made)
        assert len(rows) == 1 + len(made["results"])
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        assert sum(widths) + 2 * (len(widths) - 1) <= 80
    assert rows[1][-2:] == ["≥ 17.9 ± 1.1", "18.26"]
