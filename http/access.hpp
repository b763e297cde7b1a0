#pragma once

#include <optional>
#include <string>

#include "storage/storage.hpp"

namespace sluice::http {

/// Who asks, from the transport only.
struct principal {
  std::string address;   ///< the peer's address
  std::string identity;  ///< from its certificate; empty: anonymous
};

enum class access_answer { granted, denied, absent };

/// The one function every content request passes. `absent` (404) also when this node's distribution
/// point does not hold the content; denied (403) when anonymous access is off and nobody is known.
struct access_policy {
  bool anonymous = false;
  bool distribution_point = true;  ///< serving needs the role
  /// Whose content is served: a push gives what the site has.
  storage::library_user served = storage::library_user::distribution_point;
  std::optional<model::content_id> only;  ///< a push gives one content
};
access_answer access(const access_policy& policy, const principal& who,
                     const storage::content_catalogue& catalogue, const model::content_id& content);

}  // namespace sluice::http
