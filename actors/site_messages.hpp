#pragma once

#include <functional>
#include <string>

#include "actors/site_policy.hpp"
#include "actors/tracking_messages.hpp"

/// What actors of a site server say to one another.
namespace sluice::actors {

// To the site, from an operator -----------------------------------------------------------------
struct add_package {
  rpc::package_add_request request;
  std::string admin;
  std::function<void(storage::snapshot_progress)> progress;  ///< any thread
};
struct update_package {
  model::package_id package;
  std::string admin;
  std::function<void(storage::snapshot_progress)> progress;  ///< any thread
};
struct remove_package {
  model::package_id package;
  std::string admin;
};
struct change_distribution_point {
  rpc::distribution_point_request request;
  bool add = false;
  std::string admin;
};
struct remove_distribution_point {
  std::string name;
  std::string admin;
  bool keep_content = false;  ///< it is forgotten at once
};
struct distribute_package {
  rpc::distribute_request request;
  std::string admin;
};

struct change_group {
  rpc::group_request request;
  std::string admin;
};
struct cancel_package {
  rpc::cancel_request request;
  std::string admin;
};
struct set_package {
  rpc::package_set_request request;
  std::string admin;
};

struct begin_validations {
  rpc::validation_request request;
};
struct show_validation {
  model::cycle_id cycle;
  rpc::page_request page;
};

struct change_policy {
  site_policy policy;
};

// To the site, from its own actors --------------------------------------------------------------
struct superseded_tick {};  ///< time to look for former versions of packages
/// A proxy that ended by itself is due to be begun again.
struct proxy_due {
  std::string name;
};

// To the site, of validations it ordered ----------------------------------------------------------
/// A distribution point took the order, or did not.
struct validation_taken {
  model::cycle_id cycle;
  std::string name;
  std::optional<error> failure;
};
struct validation_heard {
  model::cycle_id cycle;
  std::string name;
  result<model::validation_row> row;
};
/// Whoever began the cycle has waited long enough for the answers.
struct validation_overdue {
  model::cycle_id cycle;
};
using validation_rows = rpc::page<model::validation_row>;

}  // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::add_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::update_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::superseded_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::package_update_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::remove_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_distribution_point)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::remove_distribution_point)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::distribute_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_policy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::begin_validations)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::show_validation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::validation_rows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::validation_begun)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::proxy_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::cancel_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::change_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::group_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::set_package)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::cancel_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::model::package_row)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::model::distribution_point_row)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::distribute_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::registration)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::registration_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::heartbeat_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::heartbeat_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::rpc::report_batch)
