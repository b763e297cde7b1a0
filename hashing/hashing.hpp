#pragma once

/// Names bytes, and proves that they are what they are called.
///
///   tree_digest   a file's digest: SHA-256 Merkle tree over 16 KiB leaves, pieces of 1 MiB
///   sha256        flat SHA-256, for manifests and keys
///   signature     Ed25519, the site's word for a manifest
///   kernel        which instructions do the work
#include "hashing/kernel.hpp"       // IWYU pragma: export
#include "hashing/sha256.hpp"       // IWYU pragma: export
#include "hashing/signature.hpp"    // IWYU pragma: export
#include "hashing/tree_digest.hpp"  // IWYU pragma: export
