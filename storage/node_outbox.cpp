// The outbox of the node database: reports that the site has not yet acknowledged.
#include "storage/node_database_state.hpp"

namespace sluice::storage {

namespace {

std::int64_t milliseconds_in(model::calendar_time time) { return time.time_since_epoch().count(); }

model::calendar_time time_in(SQLite::Statement& row, int column) {
  return model::calendar_time{std::chrono::milliseconds{row.getColumn(column).getInt64()}};
}

/// A later report of the same job says all that this one says.
bool is_progress(const outbox_row& row) {
  return row.state && row.state->report == model::state_report::in_progress;
}

void drop_progress(sqlite::connection& connection, const model::job_id& job) {
  auto row = connection.prepare("DELETE FROM outbox WHERE progress_of = ?");
  sqlite::bind_bytes(*row, 1, job.bytes);
  row->exec();
}

std::uint64_t insert_sequence(sqlite::connection& connection, const outbox_row& given) {
  auto row = connection.prepare("INSERT INTO outbox (time, progress_of) VALUES (?, ?)");
  row->bind(1, milliseconds_in(given.state ? given.state->time : given.status->time));
  if (is_progress(given)) { sqlite::bind_bytes(*row, 2, given.state->job.bytes); }
  row->exec();
  return static_cast<std::uint64_t>(connection.database().getLastInsertRowid());
}

void insert_state(sqlite::connection& connection, std::uint64_t sequence,
                  const model::state_message& state) {
  auto row = connection.prepare(
      "INSERT INTO outbox_state (sequence, job, content, report, state, bytes_total, bytes_done,"
      " bytes_transferred, pieces_verified, bytes_per_second, source, reason,"
      " next_try) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  sqlite::bind_number(*row, 1, sequence);
  sqlite::bind_bytes(*row, 2, state.job.bytes);
  row->bind(3, state.content.text());
  row->bind(4, static_cast<int>(state.report));
  row->bind(5, static_cast<int>(state.state));
  sqlite::bind_number(*row, 6, model::raw(state.bytes_total));
  sqlite::bind_number(*row, 7, model::raw(state.bytes_done));
  sqlite::bind_number(*row, 8, model::raw(state.bytes_transferred));
  sqlite::bind_number(*row, 9, state.pieces_verified);
  sqlite::bind_number(*row, 10, state.bytes_per_second);
  row->bind(11, state.source);
  row->bind(12, state.reason);
  if (state.next_try) { row->bind(13, milliseconds_in(*state.next_try)); }
  row->exec();
}

void insert_status(sqlite::connection& connection, std::uint64_t sequence,
                   const model::status_message& status) {
  auto row =
      connection.prepare("INSERT INTO outbox_status (sequence, system, message) VALUES (?, ?, ?)");
  sqlite::bind_number(*row, 1, sequence);
  row->bind(2, status.system);
  row->bind(3, status.id);
  row->exec();
  int position = 0;
  for (const std::string& insertion : status.insertions) {
    auto text = connection.prepare(
        "INSERT INTO outbox_insertion (sequence, position, text) VALUES (?, ?, ?)");
    sqlite::bind_number(*text, 1, sequence);
    text->bind(2, position++);
    text->bind(3, insertion);
    text->exec();
  }
}

/// Room for `wanted` more rows; progress reports go first, oldest first, because later ones follow.
bool make_room(sqlite::connection& connection, std::uint64_t wanted) {
  const auto count = [&] {
    auto row = connection.prepare("SELECT count(*) FROM outbox");
    row->executeStep();
    return sqlite::read_number(*row, 0);
  };
  const std::uint64_t full = count() + wanted;
  if (full <= limits::outbox_messages_max) { return true; }
  auto row = connection.prepare(
      "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox"
      " WHERE progress_of IS NOT NULL ORDER BY sequence LIMIT ?)");
  sqlite::bind_number(*row, 1, full - limits::outbox_messages_max);
  row->exec();
  return count() + wanted <= limits::outbox_messages_max;
}

std::optional<model::state_message> read_state(sqlite::connection& connection,
                                               std::uint64_t sequence) {
  auto row = connection.prepare(
      "SELECT job, content, report, state, bytes_total, bytes_done, bytes_transferred,"
      " pieces_verified, bytes_per_second, source, reason, next_try FROM outbox_state WHERE "
      "sequence = ?");
  sqlite::bind_number(*row, 1, sequence);
  if (!row->executeStep()) { return std::nullopt; }
  model::state_message state;
  sqlite::read_bytes(*row, 0, state.job.bytes);
  state.content = content_in(*row, 1);
  state.report = static_cast<model::state_report>(row->getColumn(2).getInt());
  state.state = static_cast<model::job_state>(row->getColumn(3).getInt());
  state.bytes_total = model::byte_count{sqlite::read_number(*row, 4)};
  state.bytes_done = model::byte_count{sqlite::read_number(*row, 5)};
  state.bytes_transferred = model::byte_count{sqlite::read_number(*row, 6)};
  state.pieces_verified = sqlite::read_number(*row, 7);
  state.bytes_per_second = sqlite::read_number(*row, 8);
  state.source = row->getColumn(9).getString();
  state.reason = row->getColumn(10).getString();
  if (!row->getColumn(11).isNull()) { state.next_try = time_in(*row, 11); }
  return state;
}

std::optional<model::status_message> read_status(sqlite::connection& connection,
                                                 std::uint64_t sequence) {
  model::status_message status;
  {
    auto row = connection.prepare("SELECT system, message FROM outbox_status WHERE sequence = ?");
    sqlite::bind_number(*row, 1, sequence);
    if (!row->executeStep()) { return std::nullopt; }
    status.system = row->getColumn(0).getString();
    status.id = row->getColumn(1).getUInt();
  }
  auto texts =
      connection.prepare("SELECT text FROM outbox_insertion WHERE sequence = ? ORDER BY position");
  sqlite::bind_number(*texts, 1, sequence);
  while (texts->executeStep()) { status.insertions.push_back(texts->getColumn(0).getString()); }
  return status;
}

}  // namespace

result<std::vector<std::uint64_t>> node_database::append(std::vector<outbox_row> rows) {
  sqlite::connection& connection = *state_->connection;
  bool full = false;
  auto appended = sqlite::attempt("append to the outbox", [&] {
    std::vector<std::uint64_t> sequences;
    SQLite::Transaction whole(connection.database());
    std::erase_if(rows, [&](const outbox_row& row) {
      return row.state && state_->former_jobs.contains(row.state->job);
    });
    for (const outbox_row& row : rows) {
      if (row.state) { drop_progress(connection, row.state->job); }
    }
    full = !make_room(connection, rows.size());
    if (full) { return sequences; }
    for (const outbox_row& row : rows) {
      SLUICE_CHECK(row.state.has_value() != row.status.has_value());
      if (row.state) { drop_progress(connection, row.state->job); }
      sequences.push_back(insert_sequence(connection, row));
      if (row.state) { insert_state(connection, sequences.back(), *row.state); }
      if (row.status) { insert_status(connection, sequences.back(), *row.status); }
    }
    whole.commit();
    return sequences;
  });
  if (appended && full) {
    return error{errc::limit_reached, 0,
                 format("append to the outbox: the site has not acknowledged {} reports",
                        limits::outbox_messages_max)};
  }
  return appended;
}

result<std::vector<outbox_row>> node_database::outbox(std::uint32_t rows_max) {
  sqlite::connection& connection = *state_->connection;
  return sqlite::attempt("read the outbox", [&] {
    std::vector<outbox_row> rows;
    auto found = connection.prepare("SELECT sequence, time FROM outbox ORDER BY sequence LIMIT ?");
    found->bind(1, rows_max);
    while (found->executeStep()) {
      outbox_row row;
      row.sequence = sqlite::read_number(*found, 0);
      const model::calendar_time time = time_in(*found, 1);
      row.state = read_state(connection, row.sequence);
      if (row.state) {
        row.state->sequence = row.sequence;
        row.state->time = time;
      } else {
        row.status = read_status(connection, row.sequence);
        if (!row.status) { throw SQLite::Exception("a report has no body"); }
        row.status->sequence = row.sequence;
        row.status->time = time;
      }
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

result<void> node_database::acknowledge(std::uint64_t up_to_sequence) {
  return sqlite::attempt("remove acknowledged reports from the outbox", [&] {
    auto row = state_->connection->prepare("DELETE FROM outbox WHERE sequence <= ?");
    sqlite::bind_number(*row, 1, up_to_sequence);
    row->exec();
  });
}

}  // namespace sluice::storage
