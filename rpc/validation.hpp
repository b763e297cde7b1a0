#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

/// What is said of content validation: by an operator to the site, and by the site to a
/// distribution point.
namespace sluice::rpc {

struct validation_request {
  std::optional<model::package_id> package;       ///< unset: all
  std::optional<std::string> distribution_point;  ///< unset: each that should hold it
  model::validation_priority priority = model::validation_priority_default;
  bool operator==(const validation_request&) const = default;
};
struct validation_begun {
  model::cycle_id cycle;
  std::vector<std::string> began;
  std::vector<std::string> unreachable;  ///< could not be asked; `warnings` say why
  std::vector<std::string> warnings;     ///< "dp3: cannot be reached: ..."
  bool operator==(const validation_begun&) const = default;
};

/// What the site says a distribution point should hold.
struct desired_content {
  model::content_id content;
  model::digest manifest_hash;
  bool operator==(const desired_content&) const = default;
};
/// A cycle for one distribution point, in parts: it is known by `cycle`, each part by `part`, from
/// 0 on; with the last one it begins.
struct validation_order {
  model::cycle_id cycle;
  model::validation_priority priority = model::validation_priority_default;
  bool all = false;  ///< also what nobody desires; else the packages of `desired`
  std::uint32_t part = 0;
  bool last = true;
  std::vector<desired_content> desired;  ///< at most `limits::list_page_rows`
  bool operator==(const validation_order&) const = default;
};

}  // namespace sluice::rpc
