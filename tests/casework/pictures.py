"""Photos as a telephone makes them: turned by their EXIF, with a place in them."""

import io

from PIL import Image


def photo(width: int = 3000, height: int = 2000, colour: str = "teal") -> bytes:
    """A JPEG that says it lies on its side and where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90°
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "JPEG", exif=exif)
    return made.getvalue()
