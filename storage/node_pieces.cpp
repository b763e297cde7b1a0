// The verified pieces of the node database: runs that never touch each other.
#include "storage/node_database_state.hpp"

namespace sluice::storage {

namespace {

void bind_file(SQLite::Statement& into, const model::file_id& file) {
  sqlite::bind_bytes(into, 1, file.digest.bytes);
  sqlite::bind_number(into, 2, model::raw(file.size));
}

/// Adds a run; those it overlaps or touches become one with it.
void add_run(sqlite::connection& connection, const verified_run& added) {
  std::uint64_t first = added.first;
  std::uint64_t end = added.first + added.count;
  {
    auto touched = connection.prepare(
        "SELECT min(first), max(first + count), count(*) FROM verified_run"
        " WHERE digest = ? AND size = ? AND first <= ? AND first + count >= ?");
    bind_file(*touched, added.file);
    sqlite::bind_number(*touched, 3, end);
    sqlite::bind_number(*touched, 4, first);
    touched->executeStep();
    if (sqlite::read_number(*touched, 2) > 0) {
      first = std::min(first, sqlite::read_number(*touched, 0));
      end = std::max(end, sqlite::read_number(*touched, 1));
    }
  }
  auto gone = connection.prepare(
      "DELETE FROM verified_run WHERE digest = ? AND size = ? AND first >= ? AND first <= ?");
  bind_file(*gone, added.file);
  sqlite::bind_number(*gone, 3, first);
  sqlite::bind_number(*gone, 4, end);
  gone->exec();
  auto row = connection.prepare(
      "INSERT INTO verified_run (digest, size, first, count) VALUES (?, ?, ?, ?)");
  bind_file(*row, added.file);
  sqlite::bind_number(*row, 3, first);
  sqlite::bind_number(*row, 4, end - first);
  row->exec();
}

}  // namespace

result<void> node_database::record_pieces(const std::vector<verified_run>& runs) {
  return sqlite::attempt("record verified pieces", [&] {
    SQLite::Transaction whole(state_->connection->database());
    for (const verified_run& run : runs) {
      if (run.count > 0) { add_run(*state_->connection, run); }
    }
    whole.commit();
  });
}

result<std::vector<verified_run>> node_database::pieces_of(const model::file_id& file) {
  return sqlite::attempt(format("read the verified pieces of {}", file.text()), [&] {
    std::vector<verified_run> runs;
    auto rows = state_->connection->prepare(
        "SELECT first, count FROM verified_run WHERE digest = ? AND size = ? ORDER BY first");
    bind_file(*rows, file);
    while (rows->executeStep()) {
      runs.push_back({file, sqlite::read_number(*rows, 0), sqlite::read_number(*rows, 1)});
    }
    return runs;
  });
}

result<void> node_database::forget_pieces(const model::file_id& file) {
  return sqlite::attempt(format("forget the verified pieces of {}", file.text()), [&] {
    auto row =
        state_->connection->prepare("DELETE FROM verified_run WHERE digest = ? AND size = ?");
    bind_file(*row, file);
    row->exec();
  });
}

result<std::vector<model::file_id>> node_database::files_with_pieces() {
  return sqlite::attempt("read the files with verified pieces", [&] {
    std::vector<model::file_id> files;
    auto rows = state_->connection->prepare("SELECT DISTINCT digest, size FROM verified_run");
    while (rows->executeStep()) {
      model::file_id file;
      sqlite::read_bytes(*rows, 0, file.digest.bytes);
      file.size = model::byte_count{sqlite::read_number(*rows, 1)};
      files.push_back(file);
    }
    return files;
  });
}

}  // namespace sluice::storage
