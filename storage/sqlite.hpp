#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/base.hpp"

/// What the databases of this folder share; nobody outside it sees SQLite.
namespace sluice::storage::sqlite {

/// A prepared statement on loan: ready to be bound, reset when dropped.
class prepared {
public:
  explicit prepared(SQLite::Statement& given) : statement_(&given) {}
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;
  ~prepared() {
    statement_->tryReset();
    try {
      statement_->clearBindings();
    } catch (const SQLite::Exception&) {  // nothing was bound
    }
  }
  SQLite::Statement* operator->() const noexcept { return statement_; }
  SQLite::Statement& operator*() const noexcept { return *statement_; }

private:
  SQLite::Statement* statement_;
};

/// How much a commit promises: `full` is on disk when it returns; `normal` may lose the last ones
/// at a power cut, never their order or wholeness.
enum class durability : std::uint8_t { full, normal };

struct schema {
  std::string_view text;     ///< run once, on an empty database
  int format = 1;            ///< kept as `user_version`
  std::string_view purpose;  ///< "node database", for errors
};

/// An open database in WAL mode, and its prepared statements. Threads: one at a time.
class connection {
public:
  /// "" as path: in memory. A database that cannot be read is renamed to `<path>.broken-<n>` and
  /// made anew. `incompatible` when its format is not ours (it is left alone).
  static result<std::unique_ptr<connection>> open(const std::string& path, const schema& wanted,
                                                  durability promise);

  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
  [[nodiscard]] bool was_made() const noexcept { return was_made_; }
  [[nodiscard]] bool was_remade() const noexcept { return was_remade_; }
  /// `text` must be a literal: it is prepared once.
  prepared prepare(const char* text);

  connection(const std::string& path, durability promise);

private:
  static result<std::unique_ptr<connection>> try_open(const std::string& path, const schema& wanted,
                                                      durability promise);
  SQLite::Database database_;
  std::map<std::string_view, std::unique_ptr<SQLite::Statement>> statements_;
  bool was_made_ = false;
  bool was_remade_ = false;
};

error failure(const SQLite::Exception& thrown, std::string_view doing);

/// Runs `work`; what SQLite throws becomes an error that says `doing`.
template <typename Work>
auto attempt(std::string_view doing, Work work) -> result<std::invoke_result_t<Work>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const SQLite::Exception& thrown) { return failure(thrown, doing); }
}

void bind_bytes(SQLite::Statement& into, int position, std::span<const std::byte> bytes);
/// Fills `into`; throws SQLite::Exception when the column has another length.
void read_bytes(SQLite::Statement& from, int column, std::span<std::byte> into);
/// SQLite's numbers are signed; ours travel as the same 64 bits.
void bind_number(SQLite::Statement& into, int position, std::uint64_t number);
std::uint64_t read_number(SQLite::Statement& from, int column);

}  // namespace sluice::storage::sqlite
