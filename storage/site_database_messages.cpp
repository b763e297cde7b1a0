#include <algorithm>

#include "storage/site_database_state.hpp"

/// Status messages of the site and its nodes.
namespace sluice::storage {

namespace {

std::vector<std::string> insertions_of(site_statement& from) {
  std::vector<std::string> texts;
  while (from.next()) { from.take(texts.emplace_back()); }
  return texts;
}

}  // namespace

/// Once per sweep's worth of messages. What an older release left behind goes in ten sweeps at a
/// time, so that nobody waits long.
void site_database::state::forget_old_messages(std::int64_t newest) {
  constexpr std::int64_t sweep = limits::site_messages_per_sweep;
  if (newest % sweep != 0 || newest <= limits::site_messages_max) { return; }
  std::int64_t oldest = 0;
  {
    auto row = prepare("SELECT coalesce(min(number), 0) FROM message");
    row.next();
    row.take(oldest);
  }
  const std::int64_t up_to = std::min(newest - limits::site_messages_max, oldest + 10 * sweep - 1);
  prepare("DELETE FROM message_insertion WHERE message <= ?").with(up_to).run();
  prepare("DELETE FROM message WHERE number <= ?").with(up_to).run();
}

result<void> site_database::add_message(const model::message_row& row) {
  return state_->write("add a message to", [&]() -> result<void> {
    const model::status_message& message = row.message;
    state_
        ->prepare(
            "INSERT INTO message (site, system, reporter, sequence, time, id)"
            " VALUES (?, ?, ?, ?, ?, ?)")
        .with(row.site, row.system, message.system, message.sequence, message.time, message.id)
        .run();
    const std::int64_t number = state_->database.getLastInsertRowid();
    int position = 0;
    for (const std::string& text : message.insertions) {
      state_->prepare("INSERT INTO message_insertion (message, position, text) VALUES (?, ?, ?)")
          .with(number, position++, text)
          .run();
    }
    state_->forget_old_messages(number);
    return {};
  });
}

result<site_page<model::message_row>> site_database::messages(std::uint32_t offset,
                                                              std::uint32_t rows) {
  return state_->read_at_once("list the messages in", [&] {
    site_page<model::message_row> page;
    page.total = state_->count("SELECT count(*) FROM message");
    auto row = state_->prepare(
        "SELECT number, site, system, reporter, sequence, time, id"
        " FROM message ORDER BY number DESC LIMIT ? OFFSET ?");
    row.with(rows, offset);
    while (row.next()) {
      std::int64_t number = 0;
      model::message_row& shown = page.rows.emplace_back();
      model::status_message& message = shown.message;
      row.take(number, shown.site, shown.system, message.system, message.sequence, message.time,
               message.id);
      message.insertions = insertions_of(
          state_->prepare("SELECT text FROM message_insertion WHERE message = ? ORDER BY position")
              .with(number));
    }
    return page;
  });
}

}  // namespace sluice::storage
