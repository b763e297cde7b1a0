"""Commands that run to their end, with what they cost."""

import dataclasses
import os
import select
import shutil
import subprocess
import time

from measure import peak_memory_of
from sluice_e2e import die_with_parent

FIRST_STEP, LAST_STEP = 0.004, 0.05  # seconds between looks at the memory of what runs


@dataclasses.dataclass
class Usage:
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    output: str = ''

    def __add__(self, other):
        return Usage(self.seconds + other.seconds, self.cpu + other.cpu,
                     max(self.memory, other.memory), self.output + other.output)


class CommandFailed(RuntimeError):
    pass


def pinned(core, words):
    """The words of a command that runs on one core; None lets it run anywhere."""
    return [*(() if core is None else ('taskset', '-c', str(core))), *map(str, words)]


def run(*words, core=None, capture=False):
    """Runs one command and its children; fails if it does. CPU is that of all it waited for."""
    words = pinned(core, words)
    began = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               stdout=subprocess.PIPE if capture else subprocess.DEVNULL,
                               preexec_fn=die_with_parent)
    streams = [stream for stream in (process.stdout, process.stderr) if stream]
    memory, texts = watch(process.pid, streams)
    _, status, spent = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    for stream in streams:
        stream.close()
    if process.returncode:
        raise CommandFailed(f'{words[0]} ended with {process.returncode}: '
                            f'{texts[process.stderr][-2000:].strip()}')
    return Usage(seconds, spent.ru_utime + spent.ru_stime, memory, texts.get(process.stdout, ''))


def watch(process_id, streams):
    """Reads the streams until the process ends. Returns its peak memory, and the texts."""
    parts = {stream: [] for stream in streams}
    memory, looked, step = 0, 0.0, FIRST_STEP
    ended = os.pidfd_open(process_id)
    try:
        waiting = [ended, *streams]
        while True:
            ready = select.select(waiting, (), (), step)[0]
            for stream in (one for one in ready if one != ended):
                text = os.read(stream.fileno(), 65536)
                parts[stream].append(text)
                if not text:
                    waiting.remove(stream)
            if ended in ready and len(ready) == 1:
                break
            if time.monotonic() - looked > step:
                step = min(2 * step, LAST_STEP)
                memory, looked = max(memory, peak_memory_of(process_id)), time.monotonic()
    finally:
        os.close(ended)
    return memory, {stream: b''.join(some).decode(errors='replace')
                    for stream, some in parts.items()}


def run_shell(text, core=None):
    return run('bash', '-c', f'set -o pipefail; {text}', core=core)


def lacking(*programs):
    """Why a row cannot run: the programs that are not installed; '' when all are."""
    gone = [program for program in programs if not shutil.which(program)]
    return f'not installed: {", ".join(gone)}' if gone else ''
