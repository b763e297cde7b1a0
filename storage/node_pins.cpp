// The site's keys as a node keeps them: they outlive the site's absence.
#include "storage/node_database_state.hpp"

namespace sluice::storage {

void node_database::state::replace_keys(const std::vector<hashing::public_key>& keys) {
  connection->prepare("DELETE FROM pinned_key")->exec();
  for (const hashing::public_key& key : keys) {
    auto row = connection->prepare("INSERT OR IGNORE INTO pinned_key (key) VALUES (?)");
    sqlite::bind_bytes(*row, 1, key);
    row->exec();
  }
}

result<void> node_database::pin_keys(const std::vector<hashing::public_key>& keys) {
  return sqlite::attempt("pin the keys of the site", [&] {
    SQLite::Transaction whole(state_->connection->database());
    state_->replace_keys(keys);
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

result<std::uint64_t> node_database::forget_site(
    const std::vector<hashing::public_key>& next_keys) {
  return sqlite::attempt("forget the site", [&] {
    SQLite::Transaction whole(state_->connection->database());
    std::uint64_t reports = 0;
    {
      auto rows = state_->connection->prepare("SELECT count(*) FROM outbox");
      rows->executeStep();
      reports = sqlite::read_number(*rows, 0);
    }
    std::set<model::job_id> jobs;
    {
      auto rows = state_->connection->prepare("SELECT job FROM job");
      while (rows->executeStep()) {
        model::job_id job;
        sqlite::read_bytes(*rows, 0, job.bytes);
        jobs.insert(job);
      }
    }
    for (const char* text : {"DELETE FROM outbox", "DELETE FROM job"}) {
      state_->connection->prepare(text)->exec();
    }
    state_->replace_keys(next_keys);
    whole.commit();
    state_->former_jobs = std::move(jobs);
    return reports;
  });
}

}  // namespace sluice::storage
