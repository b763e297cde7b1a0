#include "storage/inventory.hpp"

#include "storage/inventory_schema.hpp"
#include "storage/sqlite.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t chunk_size = 256 * limits::kib;

void bind_file(SQLite::Statement& into, const model::file_id& file) {
  sqlite::bind_bytes(into, 1, file.digest.bytes);
  sqlite::bind_number(into, 2, model::raw(file.size));
}

bool has_content(sqlite::connection& connection, const model::content_id& content) {
  auto row = connection.prepare("SELECT 1 FROM content WHERE content = ?");
  row->bind(1, content.text());
  return row->executeStep();
}

/// A manifest that was verified and cannot be read is a damaged file, told as SQLite tells its own.
void change_uses(sqlite::connection& connection, std::string_view manifest, const char* text) {
  const auto walked = for_each_file(manifest, [&](const model::file_id& file) {
    auto row = connection.prepare(text);
    bind_file(*row, file);
    row->exec();
  });
  if (!walked) { throw SQLite::Exception(describe(walked.error())); }
}

}  // namespace

struct inventory::state {
  std::unique_ptr<sqlite::connection> connection;

  /// The statement once for each file, all in one transaction.
  result<void> change_each(std::string_view doing, const std::vector<model::file_id>& files,
                           const char* text) {
    return sqlite::attempt(doing, [&] {
      SQLite::Transaction whole(connection->database());
      for (const model::file_id& file : files) {
        auto statement = connection->prepare(text);
        bind_file(*statement, file);
        statement->exec();
      }
      whole.commit();
    });
  }
};

inventory::inventory(std::unique_ptr<state> made) : state_(std::move(made)) {}
inventory::~inventory() = default;

result<std::unique_ptr<inventory>> inventory::open(const std::string& path) {
  const sqlite::schema wanted{inventory_schema, 1, "inventory"};
  auto connection = sqlite::connection::open(path, wanted, sqlite::durability::normal);
  if (!connection) { return connection.error(); }
  auto made = std::make_unique<state>();
  made->connection = std::move(*connection);
  return std::unique_ptr<inventory>(new inventory(std::move(made)));
}

result<std::vector<inventory::row>> inventory::contents() {
  return sqlite::attempt("read the contents of the inventory", [&] {
    std::vector<row> all;
    auto rows = state_->connection->prepare("SELECT content, manifest_hash, files FROM content");
    while (rows->executeStep()) {
      const auto content = model::content_id::parse(rows->getColumn(0).getString());
      if (!content) { throw SQLite::Exception("a content id is damaged"); }
      row found;
      found.content = *content;
      sqlite::read_bytes(*rows, 1, found.manifest_hash.bytes);
      found.files = rows->getColumn(2).getUInt();
      all.push_back(found);
    }
    return all;
  });
}

result<void> inventory::add(const row& content, std::string_view manifest) {
  sqlite::connection& connection = *state_->connection;
  return sqlite::attempt(format("add {} to the inventory", content.content.text()), [&] {
    SQLite::Transaction whole(connection.database());
    if (has_content(connection, content.content)) { return; }
    change_uses(connection, manifest,
                "INSERT INTO file (digest, size, uses) VALUES (?, ?, 1)"
                " ON CONFLICT DO UPDATE SET uses = uses + 1");
    auto made =
        connection.prepare("INSERT INTO content (content, manifest_hash, files) VALUES (?, ?, ?)");
    made->bind(1, content.content.text());
    sqlite::bind_bytes(*made, 2, content.manifest_hash.bytes);
    made->bind(3, content.files);
    made->exec();
    whole.commit();
  });
}

result<void> inventory::remove(const model::content_id& content, std::string_view manifest) {
  sqlite::connection& connection = *state_->connection;
  return sqlite::attempt(format("remove {} from the inventory", content.text()), [&] {
    SQLite::Transaction whole(connection.database());
    if (!has_content(connection, content)) { return; }
    change_uses(connection, manifest,
                "UPDATE file SET uses = uses - 1 WHERE digest = ? AND size = ? AND uses > 0");
    auto gone = connection.prepare("DELETE FROM content WHERE content = ?");
    gone->bind(1, content.text());
    gone->exec();
    whole.commit();
  });
}

result<void> inventory::clear() {
  return sqlite::attempt("clear the inventory", [&] {
    SQLite::Transaction whole(state_->connection->database());
    state_->connection->database().exec("DELETE FROM file");
    state_->connection->database().exec("DELETE FROM content");
    whole.commit();
  });
}

result<std::vector<model::file_id>> inventory::unused(std::uint32_t files_max) {
  return sqlite::attempt("read the unused files of the inventory", [&] {
    std::vector<model::file_id> files;
    auto rows = state_->connection->prepare("SELECT digest, size FROM file WHERE uses = 0 LIMIT ?");
    rows->bind(1, files_max);
    while (rows->executeStep()) {
      model::file_id file;
      sqlite::read_bytes(*rows, 0, file.digest.bytes);
      file.size = model::byte_count{sqlite::read_number(*rows, 1)};
      files.push_back(file);
    }
    return files;
  });
}

result<void> inventory::forget_unused(const std::vector<model::file_id>& files) {
  return state_->change_each("remove unused files from the inventory", files,
                             "DELETE FROM file WHERE digest = ? AND size = ? AND uses = 0");
}

result<bool> inventory::is_used(const model::file_id& file) {
  return sqlite::attempt(format("look for {} in the inventory", file.text()), [&] {
    auto statement = state_->connection->prepare(
        "SELECT 1 FROM file WHERE digest = ? AND size = ? AND uses > 0");
    bind_file(*statement, file);
    return statement->executeStep();
  });
}

result<void> inventory::forget_spared() {
  return sqlite::attempt("begin to spare files in the inventory", [&] {
    state_->connection->database().exec(
        "CREATE TABLE IF NOT EXISTS spared (digest BLOB NOT NULL, size INTEGER NOT NULL,"
        " PRIMARY KEY (digest, size)) WITHOUT ROWID; DELETE FROM spared");
  });
}

result<void> inventory::spare(const std::vector<model::file_id>& files) {
  return state_->change_each("spare files in the inventory", files,
                             "INSERT OR IGNORE INTO spared (digest, size) VALUES (?, ?)");
}

result<void> inventory::mark_unused(const std::vector<model::file_id>& files) {
  return state_->change_each(
      "mark unused files in the inventory", files,
      "INSERT OR IGNORE INTO file (digest, size, uses) SELECT ?1, ?2, 0 WHERE NOT EXISTS"
      " (SELECT 1 FROM spared WHERE digest = ?1 AND size = ?2)");
}

result<inventory::totals> inventory::count() {
  return sqlite::attempt("count the files of the inventory", [&] {
    auto statement = state_->connection->prepare(
        "SELECT count(*), coalesce(sum(size), 0) FROM file WHERE uses > 0");
    statement->executeStep();
    return totals{sqlite::read_number(*statement, 0), sqlite::read_number(*statement, 1)};
  });
}

result<void> for_each_file(std::string_view manifest,
                           const std::function<void(const model::file_id&)>& take) {
  model::manifest_parser parser;
  std::vector<model::manifest_entry> entries;
  while (!manifest.empty()) {
    const std::string_view chunk = manifest.substr(0, chunk_size);
    manifest.remove_prefix(chunk.size());
    auto fed = parser.feed(chunk, entries);
    if (!fed) { return fed; }
    for (const model::manifest_entry& entry : entries) {
      if (entry.is_file()) { take(entry.file); }
    }
    entries.clear();
  }
  return parser.finish();
}

}  // namespace sluice::storage
