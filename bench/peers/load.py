"""Load on a server from bench/discard_client, which receives and throws away."""

import json

from commands import run
from measure import Meter, Sample

SERVER_CORE, CLIENT_CORE = 0, 1


class Load:
    """Paths to ask one server for."""

    def __init__(self, stage, name, address, paths):
        self.program = stage.build / 'bench' / 'discard_client'
        self.address = address
        self.list = stage.folder / f'{name}.paths'
        self.list.write_text(''.join(f'{path}\n' for path in paths), encoding='utf-8')

    def measure(self, process_id, connections, *how, core=CLIENT_CORE):
        """Runs the client; the sample's CPU and memory are those of the server `process_id`."""
        with Meter(process_id) as meter:
            client = run(self.program, '--address', self.address, '--paths', self.list,
                         '--connections', connections, *how, core=core, capture=True)
        answer = json.loads(client.output)
        return Sample(answer['seconds'], answer['bytes'], answer['requests'], meter.cpu,
                      meter.memory,
                      {'client_busy': round(min(1.0, client.cpu / answer['seconds']), 3),
                       'p50_ms': answer['latency_p50'] * 1000,
                       'p99_ms': answer['latency_p99'] * 1000})

    def for_seconds(self, process_id, connections, seconds, *how):
        return self.measure(process_id, connections, '--seconds', seconds, '--spread', *how)

    def once(self, process_id, connections):
        """Every connection asks for every path once, all in the same order."""
        return self.measure(process_id, connections, '--walks', 1)
