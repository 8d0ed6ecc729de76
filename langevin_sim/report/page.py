"""A page as a list of sections, and its rendering to one file that contains template, style and script."""

import base64
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markdown_it import MarkdownIt
from markupsafe import Markup

from langevin_sim.storage import folder as disk

NAME = "report.html"
_HERE = Path(__file__).parent


class Paragraph(NamedTuple):
    """Plain text; ``kind`` is a class of the style sheet: 'lead' for what a reader should see first, or 'warning'."""

    text: str
    kind: str = ""


class Items(NamedTuple):
    """A list of plain texts; one may be (word, text), where the word is set in bold."""

    items: Sequence[str | tuple[str, str]]
    kind: str = ""


class Markdown(NamedTuple):
    """Text in Markdown, with tables; HTML and pictures in it are shown literally."""

    markdown: str


class Table(NamedTuple):
    """Rows of cells; ``caption`` describes them. Without headings the first cell of a row names the second."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


class Picture(NamedTuple):
    """A PNG with an alternative text."""

    png: bytes
    alternative: str
    caption: str = ""

    @property
    def source(self) -> str:
        """A data URL."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode()


class Commands(NamedTuple):
    """Shell commands, as (description, command)."""

    commands: Sequence[tuple[str, str]]


class Links(NamedTuple):
    """Links to other pages, as (text, address relative to this page)."""

    links: Sequence[tuple[str, str]]


class Interactive(NamedTuple):
    """Histogram, masses and film of a run, which app.js draws from ``data``; see interactive.py. At most one per page."""

    data: dict[str, Any]


Block = Paragraph | Items | Markdown | Table | Picture | Commands | Links | Interactive


class Section(NamedTuple):
    """A heading and the blocks under it."""

    heading: str
    blocks: Sequence[Block]


class Page(NamedTuple):
    """A page: ``subtitle`` says in one line what was run, ``foot`` where the page comes from."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    foot: str


def write(folder: Path, page: Page) -> Path:
    """report.html of a folder; FolderError if it cannot be written."""
    path = folder / NAME
    text = render(page)
    disk.write_whole(path, lambda stream: stream.write(text.encode()))
    return path


def render(page: Page) -> str:
    """The page as HTML. Equal pages give equal bytes."""
    sections = [section for section in page.sections if section.blocks]
    interactive = [block for section in sections for block in section.blocks if isinstance(block, Interactive)]
    return _template().render(
        page=page,
        sections=sections,
        style=Markup((_HERE / "style.css").read_text(encoding="utf-8")),
        script=Markup((_HERE / "app.js").read_text(encoding="utf-8")) if interactive else "",
        data=Markup(_json(interactive[0].data)) if interactive else "",
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"markdown": _markdown, "number": _is_number, "named": lambda block: type(block).__name__}
    return environment.get_template("page.html")


def _json(value: Any) -> str:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _markdown(text: str) -> Markup:
    """HTML of a Markdown text; every table scrolls in its own box."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    html = reader.render(text)
    box = '<div class="scroll" tabindex="0" role="region" aria-label="table"><table>'
    return Markup(html.replace("<table>", box).replace("</table>", "</table></div>"))  # markup in the text itself is escaped


def _is_number(cell: str) -> bool:
    return cell[:1].isdigit() or cell in ("-", "") or (cell[0] in "-−+" and cell[1:2].isdigit())
