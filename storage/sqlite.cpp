#include "storage/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

#include "io/io.hpp"

namespace sluice::storage::sqlite {

namespace {

constexpr int busy_milliseconds = 10'000;
constexpr int broken_names_max = 1000;

bool is_broken(int code) { return code == SQLITE_CORRUPT || code == SQLITE_NOTADB; }

int flags_of() { return SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE; }

/// Renames the database and its companions out of the way.
result<std::string> set_aside(const std::string& path) {
  for (int number = 1; number <= broken_names_max; ++number) {
    const std::string broken = format("{}.broken-{}", path, number);
    if (io::blocking::exists(broken)) { continue; }
    auto moved = io::blocking::rename_file(path, broken);
    if (!moved) { return moved.error(); }
    for (const char* companion : {"-wal", "-shm"}) {
      if (!io::blocking::exists(path + companion)) { continue; }
      moved = io::blocking::rename_file(path + companion, broken + companion);
      if (!moved) { return moved.error(); }
    }
    return broken;
  }
  return error{errc::limit_reached, 0,
               format("set {} aside: remove old {}.broken-* files", path, path)};
}

}  // namespace

error failure(const SQLite::Exception& thrown, std::string_view doing) {
  const int code = thrown.getErrorCode() & 0xff;
  errc meaning = errc::os_failed;
  if (code == SQLITE_FULL) { meaning = errc::no_space; }
  if (is_broken(code)) { meaning = errc::corrupt; }
  if (code == SQLITE_PERM || code == SQLITE_READONLY) { meaning = errc::denied; }
  return error{meaning, 0, format("{} (SQLite: {})", doing, thrown.what())};
}

connection::connection(const std::string& path, durability promise)
    : database_(path.empty() ? ":memory:" : path, flags_of(), busy_milliseconds) {
  database_.exec("PRAGMA journal_mode = WAL");
  database_.exec(promise == durability::full ? "PRAGMA synchronous = FULL"
                                             : "PRAGMA synchronous = NORMAL");
  database_.exec("PRAGMA foreign_keys = ON");
}

prepared connection::prepare(const char* text) {
  auto& slot = statements_[text];
  if (!slot) { slot = std::make_unique<SQLite::Statement>(database_, text); }
  return prepared(*slot);
}

result<std::unique_ptr<connection>> connection::try_open(const std::string& path,
                                                         const schema& wanted, durability promise) {
  const std::string doing = format("open the {} {}", wanted.purpose, path);
  try {
    auto made = std::make_unique<connection>(path, promise);
    SQLite::Database& database = made->database_;
    const std::string health = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (health != "ok") { return error{errc::corrupt, 0, format("{} ({})", doing, health)}; }
    const int found = database.execAndGet("PRAGMA user_version").getInt();
    const int tables = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (found == 0 && tables > 0) {
      return error{errc::corrupt, 0, format("{} (it holds something else)", doing)};
    }
    if (found != 0 && found != wanted.format) {
      return error{
          errc::incompatible, 0,
          format("{} (its format is {}, this release reads {})", doing, found, wanted.format)};
    }
    if (found == 0) {
      SQLite::Transaction whole(database);
      database.exec(std::string(wanted.text));
      database.exec(format("PRAGMA user_version = {}", wanted.format));
      whole.commit();
      made->was_made_ = true;
    }
    return made;
  } catch (const SQLite::Exception& thrown) { return failure(thrown, doing); }
}

result<std::unique_ptr<connection>> connection::open(const std::string& path, const schema& wanted,
                                                     durability promise) {
  auto opened = try_open(path, wanted, promise);
  if (opened || opened.error().code != errc::corrupt || path.empty()) { return opened; }
  const auto broken = set_aside(path);
  if (!broken) { return broken.error(); }
  log::error("storage",
             format("{}; it is kept as {} and made anew", describe(opened.error()), *broken));
  opened = try_open(path, wanted, promise);
  if (opened) { (*opened)->was_remade_ = true; }
  return opened;
}

void bind_bytes(SQLite::Statement& into, int position, std::span<const std::byte> bytes) {
  into.bind(position, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

void read_bytes(SQLite::Statement& from, int column, std::span<std::byte> into) {
  const SQLite::Column found = from.getColumn(column);
  if (found.getBytes() != static_cast<int>(into.size())) {
    throw SQLite::Exception("a column has the wrong length", SQLITE_CORRUPT);
  }
  if (!into.empty()) { std::memcpy(into.data(), found.getBlob(), into.size()); }
}

void bind_number(SQLite::Statement& into, int position, std::uint64_t number) {
  into.bind(position, static_cast<std::int64_t>(number));
}

std::uint64_t read_number(SQLite::Statement& from, int column) {
  return static_cast<std::uint64_t>(from.getColumn(column).getInt64());
}

}  // namespace sluice::storage::sqlite
