"""Takes trees away, many names at a time: where a file system discards what it frees, each name
waits for the disk, and one after another they take longer than what is measured."""

import concurrent.futures
import os
import pathlib
import tempfile

from sizes import MIB

AT_ONCE = 32


def walk(folder):
    """All folders beneath, itself included, and all that is none."""
    folders, files = [], []
    for path, inner, names in os.walk(folder):
        folders.append(path)
        links = [name for name in inner if os.path.islink(os.path.join(path, name))]
        files += [os.path.join(path, name) for name in names + links]
    return folders, files


def remove_files(paths):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(os.unlink, paths))


def remove_tree(folder):
    folders, files = walk(folder)
    remove_files(files)
    levels = {}
    for path in folders:
        levels.setdefault(len(pathlib.PurePath(path).parts), []).append(path)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for level in sorted(levels, reverse=True):
            list(pool.map(os.rmdir, levels[level]))


class Removals:
    """What a run is done with: large files go at once, small ones are kept aside until it ends.

    For minutes after a file is removed ext4 does not use its inode again; whoever makes a file in
    the same folder's group meanwhile looks at all of these first (recently_deleted, in the kernel's
    fs/ext4/ialloc.c). After 20,000 removals a new file takes five times as long, and which
    contender pays for it is chance.
    """

    def __init__(self, beneath):
        self.beneath, self.folder, self.taken = beneath, None, 0

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='sluice-removed-', dir=self.beneath))
        return self

    def __exit__(self, *_):
        remove_tree(self.folder)

    def take(self, folder):
        """`folder` is gone from where it was."""
        remove_files([path for path in walk(folder)[1] if os.lstat(path).st_size > MIB])
        self.taken += 1
        os.rename(folder, self.folder / str(self.taken))

    def make_room(self):
        """For who would rather pay for it than not run at all."""
        for path in self.folder.iterdir():
            remove_tree(path)
