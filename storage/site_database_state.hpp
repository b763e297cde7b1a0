#pragma once

#include <map>

#include "storage/site_database.hpp"
#include "storage/site_values.hpp"

namespace sluice::storage {

/// A prepared statement on loan: ready to be bound, reset when dropped.
class site_statement {
public:
  explicit site_statement(SQLite::Statement& given) : statement_(&given) {}
  site_statement(const site_statement&) = delete;
  site_statement& operator=(const site_statement&) = delete;
  ~site_statement() { statement_->tryReset(); }

  template <typename... Values>
  site_statement& with(const Values&... values) {
    parameters(*statement_).put(values...);
    return *this;
  }
  int run() { return statement_->exec(); }  ///< how many rows it changed
  bool next() { return statement_->executeStep(); }
  template <typename... Values>
  void take(Values&... values) {
    columns(*statement_).take(values...);
  }

private:
  SQLite::Statement* statement_;
};

/// What the sources of `site_database` share.
struct site_database::state {
  state(const std::string& where, mode how);

  /// Prepared once; give every parameter a value before each use. At most one loan per text.
  site_statement prepare(std::string_view text);
  std::uint32_t count(std::string_view text);  ///< of a statement without parameters
  void forget_old_messages(std::int64_t newest);
  model::group_row read_group(const std::string& name);

  /// Runs `work`, which reads; what SQLite throws becomes an error that says `doing`.
  template <typename Work>
  auto read(std::string_view doing, Work work) -> result<std::invoke_result_t<Work>>;
  /// The same for several statements that must see the same moment.
  template <typename Work>
  auto read_at_once(std::string_view doing, Work work) -> result<std::invoke_result_t<Work>>;
  /// Runs `work` as one transaction, or within the one that runs.
  template <typename Work>
  result<void> write(std::string_view doing, Work work);
  [[nodiscard]] error failure(const SQLite::Exception& thrown, std::string_view doing) const;

  std::string path;
  SQLite::Database database;
  std::map<std::string, std::unique_ptr<SQLite::Statement>, std::less<>> statements;
  bool in_transaction = false;
};

template <typename Work>
auto site_database::state::read(std::string_view doing, Work work)
    -> result<std::invoke_result_t<Work>> {
  try {
    return work();
  } catch (const SQLite::Exception& thrown) { return failure(thrown, doing); }
}

template <typename Work>
auto site_database::state::read_at_once(std::string_view doing, Work work)
    -> result<std::invoke_result_t<Work>> {
  return read(doing, [&] {
    std::optional<SQLite::Transaction> moment;
    if (!in_transaction) { moment.emplace(database, SQLite::TransactionBehavior::DEFERRED); }
    return work();
  });
}

template <typename Work>
result<void> site_database::state::write(std::string_view doing, Work work) {
  struct depth {
    explicit depth(bool& flag) : in(flag) { in = true; }
    ~depth() { in = false; }
    bool& in;
  };
  try {
    if (in_transaction) { return work(); }
    SQLite::Transaction whole(database, SQLite::TransactionBehavior::IMMEDIATE);
    const depth inside(in_transaction);
    result<void> done = work();
    if (done) { whole.commit(); }
    return done;
  } catch (const SQLite::Exception& thrown) { return failure(thrown, doing); }
}

}  // namespace sluice::storage
