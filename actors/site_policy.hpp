#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace sluice::actors {

/// What of a site's configuration may change while it runs.
struct site_policy {
  std::vector<std::string> source_roots;  ///< where the folders of packages may lie
  bool anonymous_access = true;           ///< whether content is for anybody
  model::distribution_settings distribution;
  /// As an operator is shown them: the site's, and those of the site server's own host.
  std::vector<model::setting_row> shown{};
  std::vector<model::setting_row> own_host{};
};

}  // namespace sluice::actors
