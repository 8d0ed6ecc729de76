"""How Sphinx builds these pages: `make docs`, without network, warnings being errors."""

import logging
import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

sys.path.insert(0, str(Path(__file__).parent.parent))

from langevin_sim import __version__
from langevin_sim.settings.spec import Spec

for name in ("arviz", "arviz_base", "arviz_stats"):  # these tell at length what they found
    logging.getLogger(name).setLevel(logging.WARNING)

project, author = "langevin-sim", "the authors of langevin-sim"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["examples", "example_plugin"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"langevin-sim {version}"
html_copy_source = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_math_renderer = "mathml"
highlight_language = "none"
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!langevin_sim\.).*")]  # other projects' names: nothing is fetched to resolve them
autodoc_member_order = "bysource"
autodoc_typehints = "none"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100


def as_rst(lines: list[str]) -> list[str]:
    """A docstring as it stands in the source, plain text, as reStructuredText: indented lines are code, all else is words."""
    result: list[str] = []
    code = False
    for line in lines:
        if re.match(r"[a-z]\w*(, \w+)*( \[[^\]]*\])?( \d+)?: ", line):  # what an argument or a field is: a paragraph of its own
            result.append("")
        indented = line.startswith("    ")
        if indented and not code:
            result += ["", "::", ""]
        elif code and not indented and line.strip():
            result.append("")
        if line.strip():
            code = indented
        parts = re.split(r"(``[^`]+``)", line)
        plain = [part if k % 2 else re.sub(r"([\\*|`_])", r"\\\1", part) for k, part in enumerate(parts)]
        result.append(line if indented or code else "".join(plain))
    return result


def on_docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Plain text for words, and a table of the fields of settings."""
    lines[:] = as_rst(lines)
    if what == "class" and isinstance(thing, type) and issubclass(thing, Spec):
        lines += ["", ".. list-table::", "   :header-rows: 1", "   :widths: 18 17 65", "", "   * - field", "     - default"]
        lines.append("     - description")
        for field, info in thing.model_fields.items():
            default = info.get_default(call_default_factory=True)
            shown = "none" if default is None or default == {} else str(default)
            lines += [f"   * - ``{field}``", f"     - ``{shown}``", f"     - {as_rst([info.description or ''])[-1]}"]
        lines.append("")


def on_signature(app: Any, what: str, name: str, thing: Any, options: Any, signature: str, returns: str) -> Any:
    """No signature for settings, whose table says more."""
    if isinstance(thing, type) and issubclass(thing, Spec):
        return "", None
    return signature, returns


def inline(self: Any, node: Any) -> None:
    """An equation in a line, as MathML: browsers show it without any script."""
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block(self: Any, node: Any) -> None:
    """An equation of its own."""
    self.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """What Sphinx calls."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("autodoc-process-docstring", on_docstring)
    app.connect("autodoc-process-signature", on_signature)
