import base64
import json
import re
import shlex
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from langevin_sim.cli.main import main
from langevin_sim.errors import FolderError
from langevin_sim.plots import concentration
from langevin_sim.report import explanations as words
from langevin_sim.report import interactive, page, write
from langevin_sim.report.parts import local
from langevin_sim.report.run import command
from langevin_sim.settings.run import RunSpec, dims_text, make_spec, parse_dims
from langevin_sim.settings.spec import flags
from langevin_sim.settings.systems import build
from langevin_sim.simulation import film as films
from langevin_sim.simulation.simulate import placed, run_ensemble
from langevin_sim.storage import folder as disk

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = [
    "headless=new",
    "no-sandbox",
    "disable-gpu",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
]


def call(*arguments):
    return CliRunner().invoke(main, [str(word) for word in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run with a film of moving walkers, and a region's name for every kind of law."""
    folder = tmp_path_factory.mktemp("report") / "a run"
    result = call(
        "run",
        "--dims",
        "1..3",
        "--dynamics",
        "gdl,mala",
        "--walkers",
        "300",
        "--steps",
        "800",
        "--burn-in",
        "200",
        "--set",
        "ratio=2.5",
        "--no-chain",
        "--seed",
        "1",
        "--quiet",
        "--out",
        folder,
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "fig4"
    result = call("reproduce", "fig4", "--replicas", "64", "--steps", "400", "--seed", "3", "--quiet", "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


# ---- the film


@pytest.mark.parametrize(
    ("values", "walkers", "steps"),
    [
        ({"dynamics": "sgd", "dims": "3"}, 300, 800),
        ({"dynamics": "mala", "dims": "1"}, 300, 100),
        ({"dims": "2", "start": "uniform"}, 300, 100),
        ({"dims": "2", "schedule": "power:p=0.3,t0=10"}, 100, 100),
        ({"dims": "2", "step_size": 20.0}, 200, 100),
    ],
)
def test_the_walkers_of_a_film_are_those_of_the_run(values, walkers, steps):
    spec = make_spec({"seed": 5, **values})
    ((potential, dynamics),) = build(spec)
    settings = {"walkers": walkers, "burn_in": 40, "every": 10, "start": spec.start, "seed": 5, "extent_temperature": 1.0}
    ensemble, where = placed(potential, dynamics, threads=2, **settings)
    film = films.Film(potential, dynamics, walkers, 40 + steps, 1.0)
    if "step_size" in values:  # growth would end the run long before a walker is lost
        ensemble.observers = [film]
        ensemble.run(40 + steps)
    else:
        run_ensemble(ensemble, potential, where, steps, seed=5, observers=[film])
    kept = film.arrays(where)
    ensemble, where = placed(potential, dynamics, threads=2, **settings)
    number, shown = min(walkers, 256), min(potential.dim, 2)
    assert kept["film"].shape[1:] == (shown, number)
    assert 100 <= kept["film_steps"][-1] <= steps + 40
    np.testing.assert_array_equal(kept["film_start"], where[:number])
    for frame in range(0, len(kept["film"]), 7):
        ensemble.run(int(kept["film_steps"][frame]), 5)
        positions = ensemble.positions.transpose(1, 0, 2).reshape(potential.dim, -1)[:, :number]
        alive = ensemble.alive.ravel()[:number] == 1
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(kept["film"][frame][:, alive], positions[:shown, alive].astype(np.float32))
        assert np.isnan(kept["film"][frame][:, ~alive]).all()
        if alive.any():
            labels = potential.label(positions.T[alive])
            np.testing.assert_allclose(kept["film_share"][frame], np.bincount(labels, minlength=2) / alive.sum())
    assert alive.all() == ("step_size" not in values)  # far beyond the stability bound walkers are lost


def test_the_landscape_is_the_energy_where_the_walkers_are_drawn():
    ((potential, dynamics),) = build(make_spec({"dims": "3", "seed": 1}))
    kept = films.Film(potential, dynamics, 64, 10, 1.0).arrays(np.zeros(64))
    (low, high), axis = kept["landscape_extent"][0], 17
    x1 = np.linspace(low, high, films.GRID)[axis]
    x2 = np.linspace(*kept["landscape_extent"][1], films.GRID)
    line = np.stack([np.full_like(x2, x1), x2], axis=1)
    expected = np.min([potential.energy(np.insert(line, 2, m[2], axis=1)) for m in potential.minima], axis=0)
    np.testing.assert_allclose(kept["landscape"][axis], expected, rtol=1e-6)


# ---- the page of a run


def test_the_page_stands_alone_and_has_the_numbers(run):
    text = (run / "report.html").read_text()
    manifest, summary = disk.read_manifest(run), json.loads((run / "summary.json").read_text())
    assert manifest["status"] == "COMPLETED"
    assert "report.html" in manifest["outputs"]
    assert len(text) < 3_000_000
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", text)
    assert "http://www.w3.org/2000/svg" in text  # a name, not an address
    assert len(re.findall("https?://", text)) == 1
    assert str(run.parent) not in text
    for entry in summary["results"]:
        assert f">{entry['verdict']}<" in text
        assert f"{entry['regions'][0]['mass']:.3f} ± " in text.replace("\n", "")
    assert "langevin-sim rerun &#39;a run&#39;" in text
    assert manifest["started"] in text
    assert manifest["finished"] is not None
    assert "No chain law for gdl (d = 1 to 3):" in text
    assert "No warnings." in text


def test_the_same_folder_gives_the_same_page(run, monkeypatch):
    before = (run / "report.html").read_bytes(), (run / "manifest.json").read_bytes()
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    (run / "report.html").write_text("another version's")
    result = call("report", run, "--open")
    assert result.exit_code == 0, result.output
    assert shown == [(run / "report.html").resolve().as_uri()]
    assert ((run / "report.html").read_bytes(), (run / "manifest.json").read_bytes()) == before


def test_the_command_on_the_page_has_the_same_bits(run, tmp_path, monkeypatch):
    spec = RunSpec(**disk.read_manifest(run)["spec"])
    program, *arguments = shlex.split(command(spec))
    assert program == "langevin-sim"
    assert page.Markup.escape(command(spec)) in (run / "report.html").read_text()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(concentration, "draw", lambda folder: None)  # half of the time
    result = call(*arguments, "--quiet", "--out", "again")
    assert result.exit_code == 0, result.output
    for name in ("histograms.npz", "summary.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (run / name).read_bytes()


def test_options_are_written_as_a_shell_takes_them():
    values = {
        "potential": "expr: sum((x^2-1)^2) + tilt*x1",
        "dims": "1..3,5,6",
        "dynamics": "gdl,sgd",
        "extrapolate": True,
        "chain": False,
        "start": "-1.5",
        "step_size": 0.1 + 0.2,
        "parameters": {"tilt": -1e-7},
        "seed": 3,
    }
    spec = make_spec(values)
    printed = call(*shlex.split(command(spec))[1:], "--print-config")
    assert printed.exit_code == 0, printed.output
    wanted = call("run", "--print-config", *shlex.split(flags(spec)))
    assert printed.stdout == wanted.stdout
    for dims in ([3], [1, 2], [1, 2, 3], [2, 4, 5, 6, 9]):
        assert parse_dims(dims_text(dims)) == dims
    said = command(make_spec({"potential": "regression", "data": "/home/me/points.csv", "dims": "1", "seed": 1}))
    assert said.endswith("--potential regression --dims 1 --data points.csv --seed 1")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("langevin-sim deep noise /a/b/run-1 --x 1/2", "langevin-sim deep noise run-1 --x 1/2"),
        ("outputs/x/y", "outputs/x/y"),
        ("'/tmp/a b.py'", "'a b.py'"),
        ("rate 1/2, r/(1+r)", "rate 1/2, r/(1+r)"),
        ("/tmp/f.py:make", "f.py:make"),
    ],
)
def test_places_of_this_machine_are_not_told(text, shown):
    assert local(text) == shown


def test_what_a_page_is_given_stays_text():
    evil = "</script><img src=x onerror=alert(1)>&"
    shown = {"dims": [1], "evil": evil}
    markdown = f"{evil}\n\n![x](http://a/b.png)\n\n| a |\n| - |\n| {evil} |"
    blocks = [
        page.Paragraph(evil),
        page.Items([evil, (evil, evil)]),
        page.Markdown(markdown),
        page.Table(evil, ["a"], [[evil]]),
        page.Table(evil, [], [[evil, evil]]),
        page.Picture(b"", evil, evil),
        page.Commands([(evil, evil)]),
        page.Links([(evil, "point-1/report.html")]),
        page.Interactive(shown),
    ]
    text = page.render(page.Page(evil, evil, [page.Section(evil, blocks)], evil))
    assert "<img src=x" not in text
    assert 'href="point-1/report.html"' in text
    assert text.count("</script>") == 2
    assert json.loads(re.search(r'id="data">(.*?)</script>', text)[1]) == shown
    assert not page.render(page.Page("t", "s", [page.Section("h", [page.Paragraph("p")])], "f")).count("<script")


# ---- words


def result(verdict, dim=1, dynamics="gdl", **more):
    region = {"name": "wide", "mass": 0.6 + 0.05 * dim, "stderr": 0.001, "boltzmann": 0.7, "chain": None}
    return {
        "dim": dim,
        "dynamics": dynamics,
        "step_size": 0.02,
        "verdict": verdict,
        "regions": [region, {**region, "name": "narrow"}],
        "reference_reason": None,
        "chain_reason": None,
        "diverged": 0,
        "rhat": 1.0,
        "stationarity_pvalue": 0.5,
        "relaxation_steps": None,
        "burn_in": 0,
        "steps": 100,
        **more,
    }


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (result("agrees"), "those of Boltzmann's law"),
        (
            result("finite-step"),
            "does not sample Boltzmann's law exactly, but agrees with the law of the chain",
        ),
        (result("finite-step", reference_reason="no"), "no Boltzmann law beside it"),
        (result("disagrees"), "something is wrong"),
        (result("differs", chain_reason="d = 9"), "cannot be told"),
        (result("disagrees", decided_by="energy"), "(decided by the energy)"),
        (result("disagrees", dynamics="rwm", chain_reason="exact"), "at any step, and does not"),
        (result("unconverged", rhat=1.5), "different starts still differ"),
        (result("unconverged", stationarity_pvalue=1e-9), "two halves"),
        (result("unconverged", stationarity_pvalue=0.0, rhat=None), "too rarely"),
        (result("unconverged", diverged=3), "3 of its walkers diverged. A smaller step"),
        (result("unconverged", relaxation_steps=1e4), "shorter than 5 relaxation times"),
        (result("unconverged"), "none was observed to leave it"),
        (result("no-reference", reference_reason="gd has no stationary law"), "gd has no stationary law"),
    ],
)
def test_a_verdict_is_explained(entry, said):
    ((label, text),) = words.verdicts([entry])
    assert label == f"{entry['dynamics']}, d = 1: {entry['verdict']}."
    assert said in text


def test_ensembles_of_which_the_same_is_said_are_told_together():
    entries = [result("agrees", dim) for dim in (1, 2, 3)] + [result("finite-step", 4, "sgd")]
    assert [label for label, _ in words.verdicts(entries)] == ["gdl, d = 1 to 3: agrees.", "sgd, d = 4: finite-step."]
    assert words.headline(entries).startswith("Of 4 ensembles, 3 agree with Boltzmann's law within the errors; 1 follows")
    assert words.headline(entries[:3]) == "All 3 ensembles agree with Boltzmann's law within the errors."
    said = "None of the 2 ensembles is stationary yet, so nothing is claimed about them."
    assert words.headline([result("unconverged")] * 2) == said
    (grown,) = words.growth(entries)
    assert "GDL the mass of the region wide grows with every dimension, from 0.6500 ± 0.0010 in d = 1 to 0.7500" in grown
    assert not words.growth([result("unconverged", dim) for dim in (1, 2)])  # nothing is claimed
    assert words.dimensions([5, 1, 2]) == "d = 1, 2, 5"
    assert words.missing([result("agrees", chain_reason="too high")])[0][1] == "too high."


# ---- limits and failures


def test_a_page_of_many_ensembles_is_small():
    """20 dimensions with 3 dynamics, and 1000 dimensions: under 5 MB with figure and tables."""
    for dims, dynamics in ((20, ("gdl", "mala", "sgd")), (1000, ("gdl",))):
        results, arrays = [], {}
        for dim in range(1, dims + 1):
            for name in dynamics:
                results.append(result("agrees", dim, name, walkers=10_240, temperature=1.0, effective_temperature=1.0))
                key = f"d{dim}_{name}"
                arrays |= {f"{key}_edges": np.linspace(-1, 1, 121)}
                arrays |= {f"{key}_{kind}": np.full(120, np.pi) for kind in ("mass", "stderr", "boltzmann", "chain")}
                arrays |= {
                    f"{key}_film": np.zeros((241, 2, 256), np.float32),
                    f"{key}_film_steps": np.arange(241),
                    f"{key}_film_share": np.full((241, 2), 1 / 3),
                    f"{key}_film_start": np.zeros(256, np.uint8),
                    f"{key}_landscape": np.zeros((81, 81), np.float32),
                    f"{key}_landscape_extent": np.array([[-1.0, 1.0]] * 2),
                }
        shown = interactive.data({"results": results, "parameters": {"ratio": 2.0}}, arrays, True)
        assert len(json.dumps(shown)) < 4_000_000
        assert shown["dims"][0] == 1
        assert shown["dims"][-1] == dims
        films_shown = [case["film"] for case in shown["ensembles"].values() if case["film"]]
        assert len(films_shown) > 20
        assert all(film["walkers"] >= 64 for film in films_shown)
        assert shown["ensembles"][f"d2_{dynamics[0]}"]["film"]


def test_quantised_positions_are_those_of_the_film(run):
    summary = json.loads((run / "summary.json").read_text())
    with np.load(run / "histograms.npz") as arrays:
        held = dict(arrays)
    shown = interactive.data(summary, held, True)["ensembles"]["d2_gdl"]["film"]
    film, extent = held["d2_gdl_film"], held["d2_gdl_landscape_extent"]
    places = np.frombuffer(base64.b64decode(shown["positions"]), "<u2").reshape(film.shape)
    there = (film >= extent[:, :1]) & (film <= extent[:, 1:])
    np.testing.assert_array_equal(places == 65535, ~there)
    back = extent[:, :1] + places / 65534 * np.diff(extent)
    np.testing.assert_allclose(back[there], film[there], atol=1e-4)


def test_what_cannot_be_reported_is_one_line(run, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(run, folder)
    manifest = disk.read_manifest(folder)

    def told(said):
        answer = call("report", folder)
        assert answer.exit_code == 2
        assert said in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1

    disk.write_json(folder / "manifest.json", manifest | {"status": "INTERRUPTED"})
    told("is INTERRUPTED: only a complete folder has a report; langevin-sim resume")
    disk.write_json(folder / "manifest.json", manifest | {"status": "FAILED", "error": "the disk was full"})
    told("the disk was full")
    disk.write_json(folder / "manifest.json", manifest | {"kind": "cake"})
    told("kind = 'cake'")
    disk.write_json(folder / "manifest.json", manifest)
    (folder / "histograms.npz").write_bytes(b"PK")
    told("histograms.npz has changed since the run ended")
    (folder / "summary.json").unlink()
    told("summary.json")
    shutil.rmtree(folder)
    told("is not a run folder")
    assert "Example:" in call("report", "--help").output


def test_a_page_that_cannot_be_written_costs_no_run(tmp_path, monkeypatch):
    def full(folder, page):
        raise FolderError("cannot write report.html: No space left on device")

    monkeypatch.setattr(write, "write_page", full)
    monkeypatch.setattr(concentration, "draw", lambda folder: None)
    folder = tmp_path / "run"
    result = call(
        "run", "--dims", "1", "--walkers", "64", "--steps", "80", "--burn-in", "40", "--no-chain", "--quiet", "--out", folder
    )
    assert result.exit_code == 0, result.output
    manifest = disk.read_manifest(folder)
    assert manifest["status"] == "COMPLETED"
    assert any("report.html could not be made" in text for text in manifest["warnings"])
    monkeypatch.undo()  # nor does a figure that is missing
    old = {name: array for name, array in np.load(folder / "histograms.npz").items() if "film" not in name}
    np.savez(folder / "histograms.npz", **old)  # a run of before there were films
    disk.rehash(folder, disk.read_manifest(folder), "histograms.npz")
    assert call("report", folder).exit_code == 0
    text = (folder / "report.html").read_text()
    assert "figure.png is not in the folder" in text
    assert "report.html could not be made" in text


def test_a_figure_has_its_words_and_its_command(figure):
    text = (figure / "report.html").read_text()
    assert "langevin-sim reproduce fig4 --seed 3 --replicas 64 --steps 400" in text
    assert "langevin-sim rerun fig4" in text
    assert '<img src="data:image/png;base64,' in text
    assert "How it differs from the memo" in text
    assert text.index("Results<") < text.index("<table") < text.index("Settings<")
    assert "<script" not in text


# ---- in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if not CHROMIUM or not DRIVER:
        pytest.skip("chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*QUIET, f"user-data-dir={tmp_path_factory.mktemp('chromium')}", "window-size=1200,900"]:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.get("about:blank")
    yield driver
    driver.quit()


def opened(browser, folder: Path, width=1200, scheme="light", motion="reduce"):
    """Open a folder's page; it must make no request but for itself, and say nothing on the console."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get_log("performance")
    address = (folder / "report.html").resolve().as_uri()
    browser.get(address)
    assert silent(browser) == {address}
    return browser


def silent(browser):
    """What was requested since it was last asked; the console is empty."""
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}
    return {address for address in asked if not address.startswith("data:")}


def js(browser, expression):
    return browser.execute_script(f"return {expression}")


def picture(browser):
    return js(browser, "document.getElementById('canvas').toDataURL()")


def moment(browser):
    return int(js(browser, "document.getElementById('frame').value"))


def test_slider_and_film_in_a_browser(browser, run):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    opened(browser, run)
    find = lambda name: browser.find_element(By.ID, name)  # noqa: E731
    seen = {}
    find("frame").send_keys(Keys.END)
    find("dim").send_keys(Keys.HOME)
    for dim in (1, 2, 3):  # by the keyboard, one step to the right each
        assert js(browser, "document.getElementById('mass-marker').dataset.dim") == str(dim)
        assert f"d = {dim}, gdl" in find("told").text
        assert f"d = {dim}" in find("histogram-legend").text
        curves = js(browser, "[...document.querySelectorAll('#histogram path')].map(path => path.getAttribute('d')).join()")
        seen[dim] = (curves, js(browser, "document.getElementById('mass-marker').getAttribute('x')"), picture(browser))
        find("dim").send_keys(Keys.ARROW_RIGHT)
    assert all(len({value[k] for value in seen.values()}) == 3 for k in range(3))
    browser.find_element(By.CSS_SELECTOR, "input[value=mala]").send_keys(Keys.SPACE)
    assert "d = 3, mala" in find("told").text
    assert js(browser, "document.querySelectorAll('#histogram .exact').length") == 1

    assert find("play").text == "Play"  # the system asks for no motion: it waits to be asked
    find("frame").send_keys(Keys.HOME)
    first = picture(browser)
    find("play").send_keys(Keys.ENTER)
    assert find("play").text == "Pause"
    deadline = time.monotonic() + 5
    while moment(browser) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    find("play").send_keys(Keys.ENTER)
    stopped, there = moment(browser), picture(browser)
    assert stopped >= 3
    assert find("play").text == "Play"
    assert there != first
    time.sleep(0.2)
    assert (moment(browser), picture(browser)) == (stopped, there)
    find("frame").send_keys(Keys.END)
    last = int(js(browser, "document.getElementById('frame').max"))
    assert moment(browser) == last
    assert "step" in find("frame").get_attribute("aria-valuetext")
    assert silent(browser) == set()


def test_the_film_begins_by_itself_where_motion_is_welcome(browser, run):
    opened(browser, run, motion="no-preference")
    assert moment(browser) == 0  # it is not in sight yet
    js(browser, "document.getElementById('canvas').scrollIntoView({block: 'center', behavior: 'instant'})")
    deadline = time.monotonic() + 5
    while moment(browser) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert moment(browser) >= 2


@pytest.mark.parametrize("width", [360, 1200])
def test_pages_fit_their_screens_and_what_is_seen_is_named(browser, run, figure, width):
    papers = set()
    for folder in (run, figure):
        for scheme in ("light", "dark"):
            opened(browser, folder, width, scheme)
            assert js(browser, "document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
            papers.add((scheme, js(browser, "getComputedStyle(document.body).backgroundColor")))
            assert js(browser, "[...document.images].every(image => image.alt && image.naturalWidth)")
            drawn = "[...document.querySelectorAll('svg[role=img], canvas')]"
            assert js(browser, f"{drawn}.every(one => one.getAttribute('aria-label'))")
            # texts of a plot stay within it
            outside = """[...document.querySelectorAll('.plot text')].filter(text => {
                const a = text.getBoundingClientRect(), b = text.ownerSVGElement.getBoundingClientRect();
                return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1 || a.bottom > b.bottom + 1;
            }).map(text => text.textContent)"""
            assert js(browser, outside) == []
    assert len(papers) == 2
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")
