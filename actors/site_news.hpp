#pragma once

#include <vector>

#include "actors/site_messages.hpp"

namespace sluice::actors {

/// What came of a batch of reports, for others to hear once it is kept.
struct report_news {
  std::vector<job_reported> told;
  std::vector<site_message> said;
  std::vector<deliver> behind;  ///< targets whose package was updated meanwhile
};

/// What a validation's message changes in the database, together with its acknowledgement; what
/// others are told of it comes after, from `news`.
struct validation_news {
  std::vector<content_gained> gained;
  std::vector<deliver> healing;
};

}  // namespace sluice::actors
