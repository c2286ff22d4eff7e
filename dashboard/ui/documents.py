"""A document of plain text: headings, sentences, lists and tables, and how it reads as Markdown and HTML.

Every text in it is text and no markup, whoever wrote it; a line break in a cell stays one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #111827; background: #fff; max-width: 60rem;
  margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 1.8rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0; }
th, td { border-bottom: 1px solid #9ca3af; padding: 0.3rem 0.6rem 0.3rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; min-width: 5rem; } tbody th { font-weight: 500; }
@page { margin: 15mm; }
@media print { body { font-size: 10.5pt; max-width: none; padding: 0; }
  h2, h3, caption { break-after: avoid; } tr { break-inside: avoid; } }
"""
#: What Markdown takes for markup wherever it stands; the rest means something only at the start of a line.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$@])|(?<=:)(//)|(?<=\bwww)(\.)", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*)([#+=:-]|\d+[.)](?=\s|$))", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; level 1 is the document's own."""

    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; `lead` is its first, strong part."""

    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under named columns; `caption` says what they show."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Text | Items | Table


def markdown_text(text: str) -> str:
    """`text` so that Markdown shows it as it is, also where bare addresses become links."""
    marked = _MARKUP.sub(lambda found: "".join(f"\\{letter}" for letter in found[0]), text)
    return _LINE_START.sub(_escaped_start, marked)


def to_markdown(blocks: Sequence[Block]) -> str:
    """The document as Markdown with tables as GitHub writes them."""
    return "\n\n".join(_markdown(block) for block in blocks) + "\n"


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """The document as one HTML file that needs nothing else and prints well."""
    body = "\n".join(line for block in blocks for line in _html(block))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _escaped_start(found: "re.Match[str]") -> str:
    mark = found[2]
    escaped = f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"
    return f"{found[1]}{escaped}"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_one_line(block.text)}"
    if isinstance(block, Text):
        lead = f"**{_one_line(block.lead)}** " if block.lead else ""
        return lead + markdown_text(block.text).replace("\n", "  \n")
    if isinstance(block, Items):
        return "\n".join(f"- {_one_line(item)}" for item in block.items)
    lines = [block.columns, tuple("---" for _ in block.columns), *block.rows]
    drawn = [" | ".join(cell if cell == "---" else _cell(cell) for cell in line) for line in lines]
    return "\n".join([f"**{_one_line(block.caption)}**", "", *(f"| {line} |" for line in drawn)])


def _one_line(text: str) -> str:
    return markdown_text(" ".join(text.split()))


def _cell(text: str) -> str:
    return "<br>".join(_one_line(line) for line in text.splitlines())


def _html(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    elif isinstance(block, Text):
        lead = f"<strong>{escape(block.lead)}</strong> " if block.lead else ""
        yield f"<p>{lead}{_lines(block.text)}</p>"
    elif isinstance(block, Items):
        yield "<ul>"
        yield from (f"<li>{_lines(item)}</li>" for item in block.items)
        yield "</ul>"
    else:
        yield f"<table>\n<caption>{escape(block.caption)}</caption>"
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in block.columns)
        yield f"<thead><tr>{heads}</tr></thead>\n<tbody>"
        for row in block.rows:
            first = f'<th scope="row">{_lines(row[0])}</th>'
            yield f"<tr>{first}{''.join(f'<td>{_lines(cell)}</td>' for cell in row[1:])}</tr>"
        yield "</tbody>\n</table>"


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())
