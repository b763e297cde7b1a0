#pragma once

#include <string>

#include "model/manifest.hpp"

/// Manifests to test with.
namespace sluice::model::sample {

inline constexpr std::string_view empty_digest =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Counts the entries into the header.
void seal(manifest& whole);

/// One entry of each kind, and the characters that need care.
manifest every_kind();

std::string random_name(seeded_random& random);
manifest_entry random_entry(const std::string& path, seeded_random& random);

}  // namespace sluice::model::sample
