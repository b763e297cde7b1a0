#pragma once

#include <set>

#include "storage/node_database.hpp"
#include "storage/node_schema.hpp"
#include "storage/sqlite.hpp"

namespace sluice::storage {

/// What the sources of `node_database` share.
struct node_database::state {
  std::unique_ptr<sqlite::connection> connection;
  model::epoch_id epoch;
  std::set<model::job_id> former_jobs;  ///< of a site that was forgotten: as many as were open

  void replace_keys(const std::vector<hashing::public_key>& keys);  ///< within a transaction
};

/// Throws SQLite::Exception when the column holds no content id.
model::content_id content_in(SQLite::Statement& row, int column);

}  // namespace sluice::storage
