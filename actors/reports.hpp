#pragma once

#include "actors/messages.hpp"
#include "actors/node_parts.hpp"

namespace sluice::actors {

/// A status message of this node as a row for the outbox; the database gives the sequence.
storage::outbox_row status_row(const node_parts& parts, std::uint32_t id,
                               std::vector<std::string> insertions);

}  // namespace sluice::actors
