"""fio, which only moves bytes: what the disk can do in this run."""

import json

from commands import run
from measure import Sample

HOW = 'io_uring, bs=1M, iodepth={depth}, direct=1, sequential; its own clock, without its start'


def moved(kind, size, *how, depth, core=None):
    """`kind` read or write; a Sample of `size` bytes."""
    ran = run('fio', f'--name={kind}', f'--rw={kind}', '--bs=1M', f'--iodepth={depth}',
              '--ioengine=io_uring', '--direct=1', '--output-format=json', *how, core=core,
              capture=True)
    found = json.loads(ran.output[ran.output.index('{'):])['jobs'][0][kind]
    if found['io_bytes'] != size:
        raise RuntimeError(f'fio moved {found["io_bytes"]} of {size} bytes')
    # bw_bytes is right where runtime, in whole milliseconds, is coarse.
    return Sample(size / max(found['bw_bytes'], 1), size, cpu=ran.cpu, memory=ran.memory)


def read(files, size, depth, core):
    names = ':'.join(str(path) for path in files)
    return moved('read', size, f'--filename={names}', '--readonly',
                 '--file_service_type=sequential', depth=depth, core=core)


def write(path, size, depth):
    """A new file; durable when the clock stops."""
    return moved('write', size, f'--filename={path}', f'--size={size}', '--fallocate=posix',
                 '--end_fsync=1', depth=depth)
