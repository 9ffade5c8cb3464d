"""The files of a folder or list of one's own: chosen by what the source is, checked, and their digests."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from experiments.data.photographs import entries, folders, manifest
from experiments.data.photographs.entries import Entry, Listing
from experiments.errors import UserError


def listing(source: Path) -> Listing:
    """The files of a folder, or of a manifest where it is a CSV file, with what is wrong already.

    Raises:
        UserError: nothing is there, or not a data set of two classes or more.
    """
    where = f"data source path:{source}"
    if source.is_dir():
        found = folders.listing(source, where)
    elif source.is_file():
        if source.suffix.lower() != ".csv":
            raise UserError(f"{where}: neither a folder nor a .csv file of file,label[,split][,group]")
        found = manifest.listing(source, where)
    else:
        raise UserError(f"{where}: no such {'file' if source.suffix.lower() == '.csv' else 'folder'}")
    entries.check_names((entry.label for entry in found.entries), where)
    entries.check_parts(found, where)
    return found


def file_digests(listed: Listing) -> list[str]:
    """SHA-256 of each entry's file, in hexadecimal; of one that cannot be read, why."""

    def digest(entry: Entry) -> str:
        try:
            with entry.file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            return error.strerror or str(error)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(digest, listed.entries))
