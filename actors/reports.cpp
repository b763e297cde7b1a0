#include "actors/reports.hpp"

namespace sluice::actors {

storage::outbox_row status_row(const node_parts& parts, std::uint32_t id,
                               std::vector<std::string> insertions) {
  model::status_message message;
  message.time = parts.now();
  message.system = parts.name;
  message.id = id;
  message.insertions = std::move(insertions);
  storage::outbox_row row;
  row.status = std::move(message);
  return row;
}

}  // namespace sluice::actors
