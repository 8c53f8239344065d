"""Makes the static cut of the notices' font: `uv run --with fonttools==4.68.0 tools/fonts.py`, with our requirements installed.

The whole font is variable: whoever sets a page has to work out the outline of each character anew, and that took more than
all the rest of a notice. Here the characters that notices are made of stand in the two weights in use, as TrueType
outlines, which a page can take over as they are. What is not among them comes from the whole font.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

FOLDER = Path(__file__).resolve().parents[1] / "inspect_station" / "notices" / "fonts"
FAMILY, WEIGHTS = "Station Sans", {"Regular": 400, "Bold": 700}
# Latin, Greek, punctuation, letter-like signs, circled numbers, shapes, CJK punctuation, full width.
_RANGES = ((0x20, 0x180), (0x370, 0x400), (0x2000, 0x2070), (0x2100, 0x2400), (0x2460, 0x2500), (0x25A0, 0x2660),
           (0x3000, 0x3040), (0xFF00, 0xFFEE))  # fmt: skip
_OFF_BY = 0.6  # units of a thousandth of the size: far below what a printer shows


def main() -> None:
    source = _source()
    for style, weight in WEIGHTS.items():
        path = FOLDER / f"StationSans-{style}.ttf"
        _cut(source, style, weight).save(path)
        print(path.name, path.stat().st_size)


def _source() -> TTFont:
    """The Chinese face of the collection, with the wanted characters only."""
    found = find_spec("manimgx_fonts_cjk")
    assert found is not None
    assert found.origin is not None
    faces = TTCollection(next(Path(found.origin).parent.glob("*.ttc")), lazy=True).fonts
    face: TTFont = next(font for font in faces if font["name"].getDebugName(1) == "Noto Sans CJK SC")
    options = subset.Options(layout_features=[], notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=set(_characters()))
    subsetter.subset(face)
    return face


def _characters() -> Iterator[int]:
    for first, end in _RANGES:
        yield from range(first, end)
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            yield from map(ord, bytes([high, low]).decode("gb2312", "ignore"))


def _cut(source: TTFont, style: str, weight: int) -> Any:
    order, drawn = source.getGlyphOrder(), source.getGlyphSet(location={"wght": weight})
    glyphs, widths = {}, {}
    for name in order:
        pen = TTGlyphPen(None)
        drawn[name].draw(Cu2QuPen(pen, _OFF_BY, reverse_direction=True))
        glyphs[name], widths[name] = pen.glyph(), round(drawn[name].width)
    made = FontBuilder(source["head"].unitsPerEm)
    made.setupGlyphOrder(order)
    made.setupCharacterMap(source.getBestCmap())
    made.setupGlyf(glyphs)
    made.setupHorizontalMetrics({name: (widths[name], getattr(glyphs[name], "xMin", 0)) for name in order})
    across, metrics = source["hhea"], source["OS/2"]
    made.setupHorizontalHeader(ascent=across.ascent, descent=across.descent)
    same = (
        "sTypoAscender",
        "sTypoDescender",
        "sTypoLineGap",
        "usWinAscent",
        "usWinDescent",
        "sxHeight",
        "sCapHeight",
    )
    made.setupOS2(usWeightClass=weight, **{name: getattr(metrics, name) for name in same})
    names = {
        "familyName": FAMILY,
        "styleName": style,
        "fullName": f"{FAMILY} {style}",
        "psName": f"StationSans-{style}",
    }
    kept = {"copyright": 0, "licenseDescription": 13, "licenseInfoURL": 14}
    said = {key: source["name"].getDebugName(number) or "" for key, number in kept.items()}
    made.setupNameTable(names | {"version": "Version 1.0"} | said)
    made.setupPost(keepGlyphNames=False)
    # The same bytes each time.
    made.font["head"].created = made.font["head"].modified = source["head"].modified
    made.font.recalcTimestamp = False
    return made


if __name__ == "__main__":
    main()
