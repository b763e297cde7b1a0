// The site's keys as a node keeps them: they outlive the site's absence.
#include "storage/node_database_state.hpp"

namespace sluice::storage {

result<void> node_database::pin_keys(const std::vector<hashing::public_key>& keys) {
  return sqlite::attempt("pin the keys of the site", [&] {
    SQLite::Transaction whole(state_->connection->database());
    state_->connection->prepare("DELETE FROM pinned_key")->exec();
    for (const hashing::public_key& key : keys) {
      auto row = state_->connection->prepare("INSERT OR IGNORE INTO pinned_key (key) VALUES (?)");
      sqlite::bind_bytes(*row, 1, key);
      row->exec();
    }
    whole.commit();
  });
}

result<std::vector<hashing::public_key>> node_database::pinned_keys() {
  return sqlite::attempt("read the pinned keys of the site", [&] {
    std::vector<hashing::public_key> keys;
    auto rows = state_->connection->prepare("SELECT key FROM pinned_key");
    while (rows->executeStep()) {
      hashing::public_key key{};
      sqlite::read_bytes(*rows, 0, key);
      keys.push_back(key);
    }
    return keys;
  });
}

result<std::uint64_t> node_database::forget_site() {
  return sqlite::attempt("forget the site", [&] {
    SQLite::Transaction whole(state_->connection->database());
    std::uint64_t reports = 0;
    {
      auto rows = state_->connection->prepare("SELECT count(*) FROM outbox");
      rows->executeStep();
      reports = sqlite::read_number(*rows, 0);
    }
    for (const char* text : {"DELETE FROM outbox", "DELETE FROM job", "DELETE FROM pinned_key"}) {
      state_->connection->prepare(text)->exec();
    }
    whole.commit();
    return reports;
  });
}

}  // namespace sluice::storage
