"""Pictures as text inside a page that loads nothing: SVG as markup, pixels as data URIs."""

import base64
import io
import re
from dataclasses import dataclass, field
from html import escape

from PIL import Image

GLYPH = re.compile(r'<path id="(L\d+)".*?/>', re.DOTALL)


@dataclass
class Shared:
    """What the figures of a page share: the shapes of letters, and the class of each style.

    letters: a short id by the font's name of each; glyphs: the ids of those that the page has.
    """

    letters: dict[str, str] = field(default_factory=dict)
    glyphs: set[str] = field(default_factory=set)
    classes: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> str:
        """The classes as CSS."""
        return "\n".join(f".{name}{{{style}}}" for style, name in self.classes.items())


def svg(drawn: str, prefix: str, description: str, shared: Shared) -> str:
    """The <svg> element of a file by matplotlib, for a page that holds several.

    prefix: for its ids, unique in the page; description: for screen readers. shared: what the page has
    already; glyphs and styles that this figure adds are entered, those that it repeats are left out. Its
    metadata is left out too: the file beside the page has it.
    """
    element = drawn[drawn.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", element, flags=re.DOTALL)
    element = element.replace("xlink:href", "href")
    element = re.sub(
        r'( id="|href="#)(DejaVu[^"]*)', lambda found: _shortened(found, shared.letters), element
    )
    element = GLYPH.sub(lambda found: _once(found, shared.glyphs), element)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', element)) - shared.glyphs
    element = re.sub(r' id="([^"]*)"', lambda found: _kept(found, used, shared.glyphs, prefix), element)
    element = re.sub(r'(href="#|url\(#)(?!L\d+")', rf"\g<0>{prefix}-", element)
    element = re.sub(r' style="([^"]*)"', lambda found: _classed(found[1], shared.classes), element)
    element = re.sub(r"<defs>\s*</defs>", "", element)
    # A tenth of a point is enough for a place on the page, a hundredth in a mark; a scale begins with 0.
    element = re.sub(r"\b([1-9]\d+\.\d|[1-9]\.\d\d)\d+", r"\1", element)
    element = re.sub(r"\b([1-9]\d*)\.0+\b", r"\1", element)
    element = _without_bare_groups(element)
    # Its size in points would not shrink on a narrow page.
    opening = re.sub(r' (?:width|height)="[\d.]+pt"', "", element[: element.index(">")])
    opening += f' role="img" aria-label="{escape(description, quote=True)}"'
    return re.sub(r"\s*\n\s*", "\n", opening + element[element.index(">") :])


def _without_bare_groups(element: str) -> str:
    """The element without groups that say nothing, of which matplotlib makes one for each of its artists."""
    parts, bare = re.split(r"(<g\b[^>]*>|</g>)", element), []
    for place, part in enumerate(parts):
        if part.startswith("<g") and not part.endswith("/>"):
            bare.append(part == "<g>")
            parts[place] = "" if bare[-1] else part
        elif part == "</g>" and bare.pop():
            parts[place] = ""
    return "".join(parts)


def _shortened(found: re.Match, letters: dict[str, str]) -> str:
    """A reference to the shape of a letter by its short id: a page refers to them some ten thousand times."""
    return found[1] + letters.setdefault(found[2], f"L{len(letters)}")


def _once(found: re.Match, glyphs: set[str]) -> str:
    """The shape of a letter, or nothing where the page has it already."""
    if found[1] in glyphs:
        return ""
    glyphs.add(found[1])
    return found[0]


def _kept(found: re.Match, used: set[str], glyphs: set[str], prefix: str) -> str:
    """An id that something refers to, made unique; empty for others, which only name parts."""
    if found[1] in glyphs:
        return found[0]
    return f' id="{prefix}-{found[1]}"' if found[1] in used else ""


def _classed(style: str, classes: dict[str, str]) -> str:
    """A class in place of a style; a style that refers to its own figure stays."""
    if "url(" in style:
        return f' style="{style}"'
    return f' class="{classes.setdefault(style.replace(": ", ":").replace("; ", ";"), f"s{len(classes)}")}"'


def picture(image: Image.Image, kind: str = "PNG") -> str:
    """A data URI of an image."""
    content = io.BytesIO()
    image.save(content, kind)
    return data_uri(content.getvalue(), f"image/{kind.lower()}")


def data_uri(content: bytes, kind: str) -> str:
    """A data URI of a file's content; kind: its media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
