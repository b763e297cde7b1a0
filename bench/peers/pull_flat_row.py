"""For information: a pull of ours that hashes flat through OpenSSL, as the peers do."""

from row import Row


class PullFlatRow(Row):
    name = 'pull-flat'
    minutes = 0.01
    title = 'pull 2 GiB, hashed flat through OpenSSL (information, no target)'

    def reason_to_skip(self):
        return 'sluiced has no switch for a flat hash yet'


ROWS = (PullFlatRow,)
