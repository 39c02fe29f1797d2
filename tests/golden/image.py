#!/usr/bin/env python3
"""Pictures of every kind that common/image.c decodes, and what Pillow and NumPy make of them.

    python3 tests/golden/image.py          writes tests/golden/image/ and tests/golden/resample.{tsv,bin}

Made with Pillow 13.0.0 (libjpeg-turbo 3.2.0) and NumPy 2.4.6. image/expected.tsv holds the CRC-32 of the RGB bytes; JPEG by
Pillow's own conversion, EXIF by ImageOps.exif_transpose, 16 bits as round(v / 257), alpha over white rounded to nearest.
"""
import io
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
DIR = os.path.join(HERE, "image")


def pattern(w, h, channels=3):
    """Half noise, half slope; tests/unit/support_image.c has the same."""
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(channels), indexing="ij")
    n = (x * 73856093 ^ y * 19349663 ^ c * 83492791) & 0xFFFFFFFF
    n = ((n * 2654435761) & 0xFFFFFFFF) >> 24
    return ((n + (x * 3 + y * 5 + c * 40) % 256) // 2).astype(np.uint8)


def smooth(w, h, channels=3):
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(channels), indexing="ij")
    return (127.5 + 120 * np.sin(x / 5 + c) * np.cos(y / 4 - c)).astype(np.uint8)


def jpeg(a, **options):
    b = io.BytesIO()
    Image.fromarray(a, options.pop("mode", None)).save(b, "JPEG", **options)
    return b.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(a, bits, colour, palette=b"", trns=b"", interlaced=False, extra=b""):
    """a: [h, w, channels] of any integer kind; written by hand, since Pillow does not write most of these."""
    h, w, _ = a.shape

    def rows(part):
        out = b""
        for row in part:
            v = row.reshape(-1).astype(np.uint32)
            if bits == 16:
                packed = v.astype(">u2").tobytes()
            else:
                spread = ((v[:, None] >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
                packed = np.packbits(spread).tobytes()
            out += b"\0" + packed
        return out

    if interlaced:
        raw = b"".join(rows(a[y::dy, x::dx]) for x, y, dx, dy in ADAM7 if x < w and y < h)
    else:
        raw = rows(a)
    head = struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, int(interlaced))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + (chunk(b"PLTE", palette) if palette else b"")
            + (chunk(b"tRNS", trns) if trns else b"") + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def over_white(rgb, alpha):
    rgb, alpha = rgb.astype(int), alpha.astype(int)
    return ((rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def to8(a):
    return ((a.astype(np.int64) * 255 + 32767) // 65535).astype(np.uint8)


def exif(orientation, order):
    head = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 5)
    return head + struct.pack(order + "IH", 8, 2) + other + entry + b"\0\0\0\0"


def pictures():
    """name -> (bytes, expected RGB array)"""
    p = {}

    def add(name, data, want=None):
        if want is None:
            im = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
            want = np.asarray(im.convert("RGB"))
        p[name] = data, want

    s = smooth(37, 29)
    add("rgb.jpg", jpeg(s, quality=92, subsampling=0))
    add("420.jpg", jpeg(s, quality=80, subsampling=2))
    add("422.jpg", jpeg(s, quality=80, subsampling=1))
    add("progressive.jpg", jpeg(s, quality=85, progressive=True))
    add("keep-rgb.jpg", jpeg(s, quality=85, keep_rgb=True))
    add("grey.jpg", jpeg(s[:, :, 0], quality=85))
    add("1x1.jpg", jpeg(s[:1, :1], quality=85))
    cmyk = jpeg(smooth(37, 29, 4), mode="CMYK", quality=90)
    add("cmyk.jpg", cmyk)
    at = cmyk.index(b"Adobe")
    add("ycck.jpg", cmyk[: at + 11] + b"\2" + cmyk[at + 12:])
    for o in range(1, 9):
        order = "<>"[o % 2]
        add(f"exif{o}.jpg", jpeg(smooth(21, 13), quality=90, exif=b"Exif\0\0" + exif(o, order)))

    a = pattern(19, 11)
    add("rgb.png", png(a, 8, 2))
    add("interlaced.png", png(a, 8, 2, interlaced=True))
    add("1x1.png", png(a[:1, :1], 8, 2))
    add("exif6.png", png(a, 8, 2, extra=chunk(b"eXIf", exif(6, ">"))), np.rot90(a, -1).copy())
    deep = pattern(19, 11).astype(np.uint16) * 256 + pattern(19, 11)[::-1]
    add("rgb16.png", png(deep, 16, 2), to8(deep))
    add("grey16.png", png(deep[:, :, :1], 16, 0), np.repeat(to8(deep[:, :, :1]), 3, 2))
    for bits in 1, 2, 4, 8:
        v = a[:, :, :1] >> (8 - bits)
        grey = (v.astype(int) * 255 // (2 ** bits - 1)).astype(np.uint8)
        add(f"grey{bits}.png", png(v, bits, 0), np.repeat(grey, 3, 2))
        palette = pattern(2 ** bits, 1).reshape(-1, 3)
        add(f"palette{bits}.png", png(v, bits, 3, palette.tobytes(), interlaced=bits == 2), palette[v[:, :, 0]])
    alpha = pattern(19, 11, 4)
    add("rgba.png", png(alpha, 8, 6), over_white(alpha[:, :, :3], alpha[:, :, 3:]))
    add("rgba-interlaced.png", png(alpha, 8, 6, interlaced=True), over_white(alpha[:, :, :3], alpha[:, :, 3:]))
    add("grey-alpha.png", png(alpha[:, :, :2], 8, 4), np.repeat(over_white(alpha[:, :, :1], alpha[:, :, 1:2]), 3, 2))
    add("rgb-trns.png", png(a, 8, 2, trns=struct.pack(">HHH", *map(int, a[3, 4]))),
        np.where((a == a[3, 4]).all(2, keepdims=True), 255, a).astype(np.uint8))
    v = a[:, :, :1] >> 6
    palette, trans = pattern(4, 1).reshape(-1, 3), np.array([0, 90, 255, 255])
    add("palette-trns.png", png(v, 2, 3, palette.tobytes(), bytes([0, 90])),
        over_white(palette[v[:, :, 0]], trans[v]))
    return p


def resample_cases():
    """(out_w, out_h, x0, y0, x1, y1, filter, fill)"""
    yield 61, 47, 0, 0, 61, 47, "bilinear", "zero"
    for f in "bilinear", "lanczos":
        yield 24, 17, 0, 0, 61, 47, f, "zero"
        yield 80, 70, 0, 0, 61, 47, f, "zero"
        yield 1, 1, 0, 0, 61, 47, f, "zero"
        yield 31, 31, 10.25, 7.5, 41.75, 39.125, f, "zero"
        yield 40, 40, 20.3, 11.7, 30.9, 22.3, f, "zero"
        for fill in "zero", "edge", "reflect":
            yield 32, 32, -13, -9, 70, 74, f, fill
            yield 48, 40, 50.5, 20.25, 75.5, 41.25, f, fill
            yield 20, 50, -7.75, 4.5, 3.25, 60.5, f, fill


def resample(a, w, h, x0, y0, x1, y1, filt, fill):
    left, top = max(0, -int(np.floor(x0))), max(0, -int(np.floor(y0)))
    right, bottom = max(0, int(np.ceil(x1)) - a.shape[1]), max(0, int(np.ceil(y1)) - a.shape[0])
    mode = {"zero": "constant", "edge": "edge", "reflect": "reflect"}[fill]
    a = np.pad(a, ((top, bottom), (left, right), (0, 0)), mode)
    box = x0 + left, y0 + top, x1 + left, y1 + top
    return np.asarray(Image.fromarray(a).resize((w, h), getattr(Image, filt.upper()), box=box))


def main():
    os.makedirs(DIR, exist_ok=True)
    with open(os.path.join(DIR, "expected.tsv"), "w") as t:
        print("name", "width", "height", "crc32", sep="\t", file=t)
        for name, (data, want) in sorted(pictures().items()):
            with open(os.path.join(DIR, name), "wb") as f:
                f.write(data)
            crc = zlib.crc32(np.ascontiguousarray(want).tobytes())
            print(name, want.shape[1], want.shape[0], f"{crc:08x}", sep="\t", file=t)
    source = pattern(61, 47)
    with open(os.path.join(HERE, "resample.tsv"), "w") as t, open(os.path.join(HERE, "resample.bin"), "wb") as b:
        print("w", "h", "x0", "y0", "x1", "y1", "filter", "fill", sep="\t", file=t)
        for case in resample_cases():
            print(*case, sep="\t", file=t)
            b.write(resample(source, *case).tobytes())


if __name__ == "__main__":
    main()
