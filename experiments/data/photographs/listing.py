"""The listing of a source, be it a folder or a list, checked; and the digests of its files."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from experiments import processes
from experiments.data.facts import Groups, Links, OnBad, Wanted
from experiments.data.photographs import entries, folders, manifest
from experiments.data.photographs.entries import Entry, Listing
from experiments.errors import UserError


def of_source(wanted: Wanted) -> Listing | None:
    """The files of a source `path:…` as they lie there now; None for a named source.

    Raises:
        UserError: a folder or list that is no data set.
    """
    if not wanted.source.startswith("path:"):
        return None
    return listing(wanted.path, wanted.links, wanted.groups, wanted.on_bad)


def listing(
    source: Path, links: Links = "refuse", groups: Groups = "folders", on_bad: OnBad = "stop"
) -> Listing:
    """The files of a folder, or of a manifest if it is a CSV file, with what is already known to be wrong.

    Raises:
        UserError: nothing is there, or not a data set of two classes or more.
    """
    where = f"data source path:{source}"
    if source.is_dir():
        found = folders.listing(source, where, links, groups)
    elif source.is_file():
        if source.suffix.lower() != ".csv":
            raise UserError(f"{where}: neither a folder nor a .csv file of file,label[,split][,group]")
        found = manifest.listing(source, where, links, on_bad)
    else:
        raise UserError(f"{where}: no such {'file' if source.suffix.lower() == '.csv' else 'folder'}")
    entries.check_names((file.label for file in (*found.entries, *found.bad) if file.label), where)
    entries.check_parts(found, where)
    return found


def file_digests(listed: Listing) -> list[str]:
    """SHA-256 of each entry's file, in hexadecimal; for a file that cannot be read, the reason."""

    def digest(entry: Entry) -> str:
        try:
            with entry.file.open("rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError as error:
            return error.strerror or str(error)

    with ThreadPoolExecutor(processes.available_cores()) as pool:
        return list(pool.map(digest, listed.entries))
