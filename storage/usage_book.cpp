#include "storage/usage_book.hpp"

#include "storage/sqlite.hpp"
#include "storage/usage_schema.hpp"

namespace sluice::storage {

namespace {

std::int64_t day_of(model::calendar_time when) {
  return std::chrono::floor<std::chrono::days>(when).time_since_epoch().count();
}

std::uint32_t count_visitors(sqlite::connection& connection) {
  auto row = connection.prepare("SELECT count(*) FROM visitor");
  row->executeStep();
  return row->getColumn(0).getUInt();
}

/// False when there is no such visitor yet.
bool has_come_again(sqlite::connection& connection, const model::visit& one, std::int64_t day) {
  auto row = connection.prepare("UPDATE visitor SET day = ? WHERE kind = ? AND identity = ?");
  row->bind(1, day);
  row->bind(2, static_cast<int>(one.kind));
  row->bind(3, one.identity);
  return row->exec() > 0;
}

void add_visitor(sqlite::connection& connection, const model::visit& one, std::int64_t day) {
  auto row = connection.prepare("INSERT INTO visitor (kind, identity, day) VALUES (?, ?, ?)");
  row->bind(1, static_cast<int>(one.kind));
  row->bind(2, one.identity);
  row->bind(3, day);
  row->exec();
}

void add_bytes(sqlite::connection& connection, const model::visit& one, std::int64_t day) {
  auto row = connection.prepare(
      "INSERT INTO served (day, kind, bytes) VALUES (?, ?, ?)"
      " ON CONFLICT (day, kind) DO UPDATE SET bytes = bytes + excluded.bytes");
  row->bind(1, day);
  row->bind(2, static_cast<int>(one.kind));
  row->bind(3, static_cast<std::int64_t>(one.bytes));
  row->exec();
}

/// What no window counts any more, and what a clock that ran ahead has left.
void forget_old(sqlite::connection& connection, std::int64_t day) {
  for (const char* text : {"DELETE FROM visitor WHERE day <= ? OR day > ?",
                           "DELETE FROM served WHERE day <= ? OR day > ?"}) {
    auto row = connection.prepare(text);
    row->bind(1, day - std::int64_t{model::usage_days.back()});
    row->bind(2, day + 1);
    row->exec();
  }
}

/// The numbers of each kind for the days after `after` up to `today`, by a statement with columns
/// kind and number.
struct both_kinds {
  std::uint64_t clients = 0;
  std::uint64_t distribution_points = 0;
};
both_kinds numbers_between(sqlite::connection& connection, const char* text, std::int64_t after,
                           std::int64_t today) {
  both_kinds found;
  auto rows = connection.prepare(text);
  rows->bind(1, after);
  rows->bind(2, today);
  while (rows->executeStep()) {
    const auto kind = static_cast<model::visitor_kind>(rows->getColumn(0).getInt());
    const bool of_points = kind == model::visitor_kind::distribution_point;
    (of_points ? found.distribution_points : found.clients) = sqlite::read_number(*rows, 1);
  }
  return found;
}

}  // namespace

struct usage_book::state {
  std::unique_ptr<sqlite::connection> connection;
};

usage_book::usage_book(std::unique_ptr<state> made) : state_(std::move(made)) {}
usage_book::~usage_book() = default;

result<std::unique_ptr<usage_book>> usage_book::open(const std::string& path) {
  auto connection = sqlite::connection::open(path, {usage_schema, 1, "usage database"},
                                             sqlite::durability::normal);
  if (!connection) { return connection.error(); }
  return std::unique_ptr<usage_book>(
      new usage_book(std::make_unique<state>(state{std::move(*connection)})));
}

result<void> usage_book::add(const std::vector<model::visit>& visits, model::calendar_time now) {
  if (visits.empty()) { return {}; }
  return sqlite::attempt("record who was given content", [&] {
    sqlite::connection& connection = *state_->connection;
    const std::int64_t day = day_of(now);
    SQLite::Transaction whole(connection.database());
    forget_old(connection, day);
    std::uint32_t known = count_visitors(connection);
    for (const model::visit& one : visits) {
      add_bytes(connection, one, day);
      if (one.identity.empty() || has_come_again(connection, one, day)) { continue; }
      if (known >= visitors_max) { continue; }
      add_visitor(connection, one, day);
      ++known;
    }
    whole.commit();
  });
}

result<std::vector<model::usage_window>> usage_book::windows(model::calendar_time now) {
  return sqlite::attempt("count who was given content", [&] {
    sqlite::connection& connection = *state_->connection;
    std::vector<model::usage_window> made;
    for (const std::uint32_t days : model::usage_days) {
      const std::int64_t today = day_of(now);
      const std::int64_t after = today - std::int64_t{days};
      const both_kinds visitors = numbers_between(
          connection, "SELECT kind, count(*) FROM visitor WHERE day > ? AND day <= ? GROUP BY kind",
          after, today);
      const both_kinds bytes = numbers_between(
          connection,
          "SELECT kind, sum(bytes) FROM served WHERE day > ? AND day <= ? GROUP BY kind", after,
          today);
      made.push_back({days, static_cast<std::uint32_t>(visitors.clients),
                      static_cast<std::uint32_t>(visitors.distribution_points), bytes.clients,
                      bytes.distribution_points});
    }
    return made;
  });
}

}  // namespace sluice::storage
