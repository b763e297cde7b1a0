#include "http/access.hpp"

namespace sluice::http {

access_answer access(const access_policy& policy, const principal& who,
                     const storage::content_catalogue& catalogue,
                     const model::content_id& content) {
  // Who is not known learns nothing, not even what is here.
  if (!policy.anonymous && who.identity.empty()) { return access_answer::denied; }
  if (!policy.distribution_point) { return access_answer::absent; }
  const auto entry = catalogue.find(content);
  const auto served = static_cast<std::uint8_t>(policy.served);
  if (!entry || (entry->users & served) == 0) { return access_answer::absent; }
  if (policy.only && *policy.only != content) { return access_answer::absent; }
  return access_answer::granted;
}

}  // namespace sluice::http
