"""How much each row moves: at full size, for numbers, and at the smoke size of the tests."""

import dataclasses

KIB, MIB, GIB = 1024, 1024 ** 2, 1024 ** 3


@dataclasses.dataclass(frozen=True)
class Sizes:
    validate_files: int = 4
    validate_file_bytes: int = 2 * GIB
    pull_bytes: int = 2 * GIB
    small_files: int = 20_000
    small_file_least: int = 4 * KIB
    small_file_most: int = 64 * KIB
    serve_files: int = 4
    serve_file_bytes: int = 256 * MIB
    serve_small_files: int = 256
    serve_seconds: float = 1.0
    settle_seconds: float = 0.1
    cold_bytes: int = GIB
    shared_files: int = 4
    shared_file_bytes: int = 64 * MIB
    shared_clients: int = 64
    import_files: int = 4
    import_file_bytes: int = GIB
    hash_seconds: float = 0.5
    linear_file_bytes: int = GIB
    linear_files: int = 1000
    quiet_bytes: int = GIB // 2

    @property
    def small_bytes(self):
        """What `small_files` files take on disk, in whole blocks, at most."""
        return self.small_files * ((self.small_file_least + self.small_file_most) // 2 + 6 * KIB)


FULL = Sizes()
SMOKE = Sizes(validate_files=2, validate_file_bytes=3 * MIB, pull_bytes=9 * MIB, small_files=60,
              serve_files=2, serve_file_bytes=2 * MIB, serve_small_files=4, serve_seconds=0.1,
              settle_seconds=0, cold_bytes=3 * MIB, shared_files=2, shared_file_bytes=2 * MIB,
              shared_clients=4, import_files=2, import_file_bytes=3 * MIB, hash_seconds=0.001,
              linear_file_bytes=MIB // 2, linear_files=2, quiet_bytes=3 * MIB)
