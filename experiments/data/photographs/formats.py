"""Which files are taken for pictures, by their endings: those that are read, and photographs that are not."""

# What Pillow decodes without a program beside it; a file's content decides, its ending only that it is tried.
FORMATS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "AVIF": (".avif",),
}
READ = frozenset(ending for endings in FORMATS.values() for ending in endings)
# Photographs that are not read: to leave them out silently would lose a part of somebody's data.
RAW = frozenset(
    {
        ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".dng", ".orf", ".rw2",
        ".rwl", ".raf", ".pef", ".srw", ".x3f", ".erf", ".kdc", ".dcr", ".mrw", ".3fr", ".iiq", ".raw",
    }
)  # fmt: skip
UNREAD = RAW | frozenset(
    [".heic", ".heif", ".jxl", ".exr", ".hdr", ".dcm", ".npy", ".psd", ".xcf", ".svg", ".eps"]
)
