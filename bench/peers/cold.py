"""Files in and out of the page cache, and proof of which: nothing is called cold on trust."""

import ctypes
import errno
import mmap
import os
import pathlib

SYS_CACHESTAT = 451
PAGE = mmap.PAGESIZE
RESIDENT_MAX = 0.001  # of the pages of files that may be called cold
CACHED_MIN = 0.999
TRIES = 5  # something else on the machine may take pages from the cache, or use them
DROP_CACHES = pathlib.Path('/proc/sys/vm/drop_caches')
LIBC = ctypes.CDLL(None, use_errno=True)


class NotProven(RuntimeError):
    """The page cache is not in the state that a row needs."""


class Range(ctypes.Structure):
    _fields_ = [('offset', ctypes.c_uint64), ('length', ctypes.c_uint64)]


class CacheState(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64)
                for name in ('cached', 'dirty', 'writeback', 'evicted', 'recently_evicted')]


def pages_of(size):
    return (size + PAGE - 1) // PAGE


def resident_pages(path):
    """(resident, all) pages of a file, by cachestat(2), before Linux 6.5 by mincore(2)."""
    with open(path, 'rb') as stream:
        size = os.fstat(stream.fileno()).st_size
        if size == 0:
            return 0, 0
        state = CacheState()
        whole = Range(0, 0)
        if LIBC.syscall(SYS_CACHESTAT, stream.fileno(), ctypes.byref(whole), ctypes.byref(state),
                        0) == 0:
            return state.cached, pages_of(size)
        if ctypes.get_errno() != errno.ENOSYS:
            raise OSError(ctypes.get_errno(), 'cachestat', str(path))
        return resident_by_mincore(stream.fileno(), size), pages_of(size)


def resident_by_mincore(descriptor, size):
    # A private writable mapping, which ctypes can take the address of; nothing is written.
    with mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE,
                   prot=mmap.PROT_READ | mmap.PROT_WRITE) as mapped:
        view = (ctypes.c_char * size).from_buffer(mapped)
        found = (ctypes.c_ubyte * pages_of(size))()
        failed = LIBC.mincore(ctypes.byref(view), ctypes.c_size_t(size), found)
        del view
        if failed:
            raise OSError(ctypes.get_errno(), 'mincore')
        return sum(page & 1 for page in found)


class Residency:
    """How much of some files is in the page cache."""

    def __init__(self, paths):
        counted = [resident_pages(path) for path in paths]
        self.resident = sum(one[0] for one in counted)
        self.pages = sum(one[1] for one in counted)

    @property
    def part(self):
        return self.resident / self.pages if self.pages else 0.0

    def __str__(self):
        return f'{self.resident} of {self.pages} pages resident'


def chill(paths, drop_caches=False):
    """Makes files cold. Returns their Residency; raises NotProven when they are not cold then."""
    paths = list(paths)
    os.sync()
    for _ in range(TRIES):
        for path in paths:
            with open(path, 'rb') as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        found = Residency(paths)
        if found.part <= RESIDENT_MAX:
            break
    else:
        raise NotProven(f'not cold: {found} after they were dropped')
    if drop_caches and os.access(DROP_CACHES, os.W_OK):
        DROP_CACHES.write_text('3')  # names and inodes as well, which the look at them used
    return found


def warm(paths):
    """Reads files into the page cache. Returns their Residency; raises NotProven otherwise."""
    paths = list(paths)
    for _ in range(TRIES):
        for path in paths:
            read_what_is_not_cached(path)
        found = Residency(paths)
        if found.part >= CACHED_MIN:
            return found
    raise NotProven(f'not cached: {found} after they were read')


def read_what_is_not_cached(path):
    resident, pages = resident_pages(path)
    if resident < pages:
        with open(path, 'rb') as stream:
            while stream.read(4 * 1024 * 1024):
                pass
