import pytest
from click.testing import CliRunner

from langevin_sim import potentials
from langevin_sim.cli.main import main
from langevin_sim.potentials import registry
from langevin_sim.potentials.potential import Region


def call(*arguments):
    return CliRunner().invoke(main, ["potentials", *arguments])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_list_names_them_all():
    result = call("list")
    assert result.exit_code == 0
    for name in potentials.names():
        assert name in result.output
    headings = [line.strip("│ ") for line in result.output.splitlines() if line.startswith("│ ")]
    groups = [heading for heading in headings if heading in registry.GROUPS]
    assert groups == [group for group in registry.GROUPS if group != "own" or "own" in groups]


@pytest.mark.parametrize("name", potentials.names())
def test_show_and_check(name):
    low, high = potentials.dimensions(name)
    dim = str(low if name == "gaussiangrid" else min(max(2, low), high or 2))  # 25 wells in the plane take half a minute
    temperature = "0.3" if name != "rbf" else "0.003"
    shown = call("show", name, "--dim", dim, "--temperature", temperature)
    assert shown.exit_code == 0, shown.output
    for key in potentials.defaults(name):
        assert f"{key} = " in shown.output
    for region in potentials.get(name, int(dim)).regions:
        assert region.name in shown.output
    checked = call("check", name, "--dim", dim, "--temperature", temperature)
    assert checked.exit_code == 0, checked.output
    assert "ok       starts" in checked.output


def test_show_takes_parameters_and_says_what_has_no_law():
    assert "ratio = 3  (default 2)" in call("show", "twowell", "--set", "ratio=3").output
    assert "no masses: regression is flat" in call("show", "regression", "--dim", "5", "--set", "rows=3").output


def test_show_writes_a_picture(tmp_path):
    result = call("show", "wedge", "--dim", "5", "--temperature", "0.3", "--figure", "w.png")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "w.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "wegde"], "did you mean 'wedge'"),
        (["show", "wedge", "--dim", "1"], "dimension 1: expected an integer of at least 2"),
        (["show", "twowell", "--set", "ratoi=2"], "did you mean 'ratio'"),
        (["show", "twowell", "--set", "ratio"], "KEY=NUMBER"),
        (["check", "twowell", "--temperature", "0"], "expected a positive number"),
        (["show", "twowell", "--figure", "u.xyz"], ".png, .pdf, .svg"),
        (["show", "boxes", "--figure", "/proc/none/u.png"], "cannot write"),
    ],
)
def test_bad_input_is_one_line(arguments, said):
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("fault", ["gradient", "minima", "starts", "masses"])
def test_check_finds_a_wrong_potential(monkeypatch, fault):
    from dataclasses import replace

    right = potentials.gaussians(2)
    other = potentials.gaussians(2, wide=1.9)
    wrong = {
        "gradient": replace(right, block_gradient=potentials.quadratic(2).block_gradient),
        "minima": replace(right, minima=right.minima + 0.3),
        "starts": replace(right, regions=(Region("wide", "", right.regions[1].start), *right.regions[1:])),
        "masses": replace(right, exact_masses=other.exact_masses),
    }[fault]
    monkeypatch.setitem(registry._BUILT_IN, "wrong", registry._Entry(lambda dim: wrong, "memo"))
    result = call("check", "wrong", "--temperature", "0.2")
    assert result.exit_code == 3
    assert f"FAILED   {fault}" in result.output
    assert result.output.count("FAILED") == 1


def test_every_command_has_help_with_an_example():
    for command in ("list", "show", "check"):
        result = call(command, "--help")
        assert "Example: langevin-sim potentials" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["expr: sum((x^2-1)^2)"], ["a sum over 2 groups of coordinates, (x1), (x2)", "4 minima, 4 regions", "not a finite sum"]),
        (["expr: x1^2+x1*x2+x2^2"], ["a quadratic form, curvatures 1 to 3", "no sum over groups", "1 minimum, 1 region"]),
        (["twowell", "--dim", "3"], ["axial: U depends on x1", "in closed form: masses as T -> 0"]),
        (["regression"], ["a finite sum of 50 terms, whose gradient noise depends on x"]),
    ],
)
def test_show_tells_the_structure(arguments, said):
    shown = call("show", *arguments).output
    assert all(words in shown for words in said), shown


def test_the_number_of_regions_can_be_set():
    with pytest.warns(UserWarning, match="more than 3 minima"):
        shown = call("show", "expr: sum((x^2-1)^2)", "--max-regions", "3").output
    assert "more than 3 minima: each of these has a region, and the others form elsewhere" in shown
    for command in (["show", "twowell"], ["check", "twowell"]):
        refused = call(*command, "--max-regions", "3")
        assert refused.exit_code == 2
        assert "only the wells of 'expr: ...'" in refused.stderr
    assert call("show", "twowell", "--max-regions", "0").exit_code == 2
