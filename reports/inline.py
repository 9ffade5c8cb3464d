"""Pictures as text inside a page that loads nothing: SVG as markup, pixels as data URIs."""

import base64
import io
import re
from html import escape

from PIL import Image


def svg(drawn: str, prefix: str, told: str) -> str:
    """The <svg> element of a file by matplotlib, for a page that holds several.

    prefix: for its ids, unique in the page; told: what a screen reader says. Its metadata is left out: the
    file beside the page has it.
    """
    element = drawn[drawn.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", element, flags=re.DOTALL)
    element = re.sub(r'\b(id=")|((?:xlink:)?href="#)|(url\(#)', rf"\g<0>{prefix}-", element)
    # Its size in points would not shrink on a narrow page.
    opening = re.sub(r' (?:width|height)="[\d.]+pt"', "", element[: element.index(">")])
    opening += f' role="img" aria-label="{escape(told, quote=True)}"'
    return re.sub(r"\n\s*", "\n", opening + element[element.index(">") :])


def picture(image: Image.Image, kind: str = "PNG") -> str:
    """A data URI of an image."""
    content = io.BytesIO()
    image.save(content, kind)
    return data_uri(content.getvalue(), f"image/{kind.lower()}")


def data_uri(content: bytes, kind: str) -> str:
    """A data URI of a file's content; kind: its media type."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
