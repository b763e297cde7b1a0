#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

/// Rows of the site database that are more than what an operator is shown.
namespace sluice::storage {

template <typename Row>
struct site_page {
  std::vector<Row> rows;
  std::uint32_t total = 0;
};

struct site_package {
  model::package_row row;
  model::byte_count manifest_size{};
};

struct site_distribution_point {
  model::distribution_point_row row;
  std::optional<model::epoch_id> epoch;
  std::uint64_t acknowledged = 0;  ///< reports of this epoch up to here are in the database
  std::string build;
};

/// One (package, distribution point) that should be, or is being removed. About 500 bytes a row.
struct site_distribution {
  model::distribution_row row;
  bool redistribute = false;
  bool heard = false;  ///< a status of this job came in
  bool cancelled = false;
  bool removing = false;            ///< the package is to leave this distribution point
  std::uint64_t last_sequence = 0;  ///< of the newest report of this job
  std::uint32_t polls = 0;          ///< in vain, since the node was last heard of this job
  bool pushed = false;              ///< its job is one that the site pushes
  bool cancel_asked = false;        ///< the node is to stop the job, and has not said so yet
  bool discard = false;             ///< the node is to throw away what it fetched, once it stopped
  std::string held_by;              ///< who cancelled it; until it is distributed again
  /// What runs there until the node is told of the present job: of a former version or order.
  std::optional<model::job_id> former_job;
  model::job_state node_state = model::job_state::not_started;
};

}  // namespace sluice::storage
