"""A page as people read it: its text without styles, scripts and drawings, a block a line."""

import re
from html.parser import HTMLParser

LEFT_OUT = {"style", "script", "svg", "title"}
BLOCKS = {"p", "li", "tr", "h1", "h2", "h3", "section", "figcaption", "dt", "caption", "summary", "img"}


class Reader(HTMLParser):
    """Collects text and the attributes that load or lead somewhere."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.loads, self.ids, self.depth = [], [], [], 0

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.ids += [told["id"]] if "id" in told else []
        self.loads += [
            value
            for name, value in told.items()
            if name in ("src", "srcset", "data", "poster")
            or (name in ("href", "xlink:href") and tag != "a")
            or name.startswith("on")
        ]
        self.depth += tag in LEFT_OUT
        if tag in BLOCKS and not self.depth:
            self.parts.append("\n")
        if tag in ("td", "th", "dd"):
            self.parts.append(" | ")
        if tag == "img":
            self.parts.append(f"[{told['alt']}]")

    def handle_endtag(self, tag):
        self.depth -= tag in LEFT_OUT

    def handle_data(self, data):
        if not self.depth:
            self.parts.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def text(html):
    """Lines of text; run ids, which every import makes anew, as RUN."""
    lines = (
        " ".join(line.split()) for line in re.sub(r"\s*\n\s*", "\n", "".join(read(html).parts)).splitlines()
    )
    told = "\n".join(line for line in lines if line)
    return re.sub(r"\b[0-9a-f]{8}\b(?=$|\n)", "RUN", told, flags=re.MULTILINE) + "\n"
