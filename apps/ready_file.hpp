#pragma once

#include <cstdint>
#include <string>

#include "apps/daemon.hpp"

namespace sluice::apps {

/// What --ready-file holds: one JSON object, see README.md.
std::string ready_text(std::uint64_t process, const daemon_ports& ports);

}  // namespace sluice::apps
