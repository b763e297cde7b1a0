"""One congestion control for all while rows run: cubic, for BBR throttles loopback."""

import pathlib

SETTING = pathlib.Path('/proc/sys/net/ipv4/tcp_congestion_control')


class Cubic:
    """Sets cubic and puts back what was there, however the run ends. sluiced asks for cubic on
    loopback by itself; its peers have no such setting, so the system's decides for them."""

    def __init__(self, may_set=True, setting=SETTING):
        self.may_set, self.setting = may_set, setting
        self.before = self.setting.read_text().strip()

    @property
    def now(self):
        return self.setting.read_text().strip()

    def __enter__(self):
        if self.before != 'cubic' and self.may_set:
            try:
                self.setting.write_text('cubic')
            except OSError:
                pass  # not root: the rows that need it will say so
        return self

    def __exit__(self, *_):
        if self.now != self.before:
            self.setting.write_text(self.before)

    @property
    def equal(self):
        """Both sides send alike."""
        return self.now == 'cubic'

    def __str__(self):
        if not self.equal:
            why = 'only root may change it' if self.may_set else 'a smoke run changes nothing'
            return f'{self.now} for the peers ({why}), cubic for sluiced'
        changed = '' if self.before == 'cubic' else f' (was {self.before}, is put back at the end)'
        return f'cubic on both sides{changed}'
