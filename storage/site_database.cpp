#include "storage/site_database.hpp"

#include <sqlite3.h>

#include <array>

#include "io/io.hpp"
#include "storage/site_database_state.hpp"
#include "storage/site_later_schema.hpp"
#include "storage/site_schema.hpp"

namespace sluice::storage {

namespace {

constexpr int format_of_ours = 1;
constexpr int busy_milliseconds = 5'000;

/// What format 1 lacked when it was first written.
constexpr std::string_view made_later =
    "CREATE INDEX IF NOT EXISTS distribution_without_tries ON distribution (name, package)"
    " WHERE tries_left = 0;"
    "CREATE INDEX IF NOT EXISTS distribution_failed ON distribution (name) WHERE bucket = 4;"
    "CREATE INDEX IF NOT EXISTS distribution_retrying ON distribution (name)"
    " WHERE state IN (2, 5);"
    "CREATE TABLE IF NOT EXISTS library_change (content TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS point_group (name TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS group_member (of_group TEXT NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY (of_group, name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS group_package (of_group TEXT NOT NULL, package TEXT NOT NULL,"
    " PRIMARY KEY (of_group, package)) WITHOUT ROWID";

/// Columns that format 1 lacked when it was first written. A release without them reads and writes
/// the others.
struct later_column {
  std::string_view table;
  std::string_view name;
  std::string_view definition;
};
constexpr std::array<later_column, 12> later_columns{
    {{"distribution", "polls", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution", "pushed", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution_point", "schedule", "TEXT NOT NULL DEFAULT 'always'"},
     {"distribution_point", "rate_limit", "TEXT NOT NULL DEFAULT 'unlimited'"},
     {"distribution_point", "maintenance", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution_point", "prestaged", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution_point", "leaving", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution", "cancel_asked", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution", "held_by", "TEXT NOT NULL DEFAULT ''"},
     {"distribution", "discard", "INTEGER NOT NULL DEFAULT 0"},
     {"distribution", "former_job", "BLOB"},
     {"package", "priority", "INTEGER NOT NULL DEFAULT 2"}}};

void add_what_came_later(SQLite::Database& database) {
  database.exec(std::string(made_later));
  for (const later_column& column : later_columns) {
    SQLite::Statement there(database, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?");
    there.bind(1, std::string(column.table));
    there.bind(2, std::string(column.name));
    if (there.executeStep()) { continue; }
    database.exec(
        format("ALTER TABLE {} ADD COLUMN {} {}", column.table, column.name, column.definition));
  }
  database.exec(std::string(site_later_schema));  // may name those columns
}

int flags_of(site_database::mode how) {
  return how == site_database::mode::read_only ? SQLite::OPEN_READONLY
                                               : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
}

/// What is in the file, before anything is written to it.
struct file_facts {
  int format = 0;
  int tables = 0;
};

result<file_facts> look_at(SQLite::Database& database, const std::string& path) {
  file_facts facts;
  facts.format = database.execAndGet("PRAGMA user_version").getInt();
  facts.tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
  if (facts.format > format_of_ours) {
    return error{errc::incompatible, 0,
                 format("open the site database {}: its format is {}, this release reads up to {}; "
                        "start the release that wrote it",
                        path, facts.format, format_of_ours)};
  }
  if (facts.format <= 0 && facts.tables > 0) {
    return error{errc::corrupt, 0,
                 format("open the site database {}: it is a database of something else; move it "
                        "away",
                        path)};
  }
  return facts;
}

error no_database(const std::string& path) {
  return {
      errc::not_found, 0,
      format(
          "open the site database {}: the site server makes it when it starts for the first time",
          path)};
}

}  // namespace

site_database::state::state(const std::string& where, mode how)
    : path(where.empty() ? "in memory" : where),
      database(where.empty() ? ":memory:" : where, flags_of(how), busy_milliseconds) {}

site_statement site_database::state::prepare(std::string_view text) {
  auto found = statements.find(text);
  if (found == statements.end()) {
    auto made = std::make_unique<SQLite::Statement>(database, std::string(text));
    found = statements.emplace(text, std::move(made)).first;
  }
  return site_statement(*found->second);
}

std::uint32_t site_database::state::count(std::string_view text) {
  auto counting = prepare(text);
  counting.next();
  std::uint32_t found = 0;
  counting.take(found);
  return found;
}

error site_database::state::failure(const SQLite::Exception& thrown, std::string_view doing) const {
  errc meaning = errc::os_failed;
  std::string_view advice;
  switch (thrown.getErrorCode() & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      meaning = errc::corrupt;
      advice = "; restore it from a backup, or move it away and begin anew";
      break;
    case SQLITE_FULL: meaning = errc::no_space; break;
    case SQLITE_PERM:
    case SQLITE_READONLY: meaning = errc::denied; break;
    case SQLITE_CONSTRAINT: meaning = errc::conflict; break;
    default: break;
  }
  return {meaning, 0,
          format("{} the site database {} (SQLite: {}{})", doing, path, thrown.what(), advice)};
}

site_database::site_database(std::unique_ptr<state> made) : state_(std::move(made)) {}
site_database::~site_database() = default;

result<std::unique_ptr<site_database>> site_database::open(const std::string& path, mode how) {
  const bool reading = how == mode::read_only;
  if (reading && (path.empty() || !io::blocking::exists(path))) { return no_database(path); }
  std::unique_ptr<state> made;
  try {
    made = std::make_unique<state>(path, how);
    SQLite::Database& database = made->database;
    const auto facts = look_at(database, made->path);
    if (!facts) { return facts.error(); }
    if (reading && facts->format == 0) { return no_database(path); }
    if (!reading) {
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = FULL");
    }
    database.exec("PRAGMA foreign_keys = OFF");
    if (facts->format == 0) {
      SQLite::Transaction whole(database, SQLite::TransactionBehavior::IMMEDIATE);
      database.exec(std::string(site_schema));
      database.exec(format("PRAGMA user_version = {}", format_of_ours));
      whole.commit();
    }
    if (!reading) { add_what_came_later(database); }
  } catch (const SQLite::Exception& thrown) {
    if (made) { return made->failure(thrown, "open"); }
    return error{errc::os_failed, 0,
                 format("open the site database {} (SQLite: {})", path, thrown.what())};
  }
  return std::unique_ptr<site_database>(new site_database(std::move(made)));
}

result<void> site_database::transaction(const std::function<result<void>()>& work) {
  return state_->write("write to", work);
}

}  // namespace sluice::storage
