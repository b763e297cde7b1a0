#include <algorithm>

#include "actors/distribution_point.hpp"

/// What leaves a distribution point, and what is still on its way to it.
namespace sluice::actors {

namespace {

/// A content goes together with the versions before it.
bool goes_with(const model::content_id& content, const model::content_id& leaving) {
  return content.package == leaving.package && content.version <= leaving.version;
}

}  // namespace

bool distribution_point_state::removal::covers(const model::content_id& content) const {
  return !asked || goes_with(content, asked->content);
}

/// Two sites may give the same PackageID (A10): the former one's content is in the way then.
bool distribution_point_state::is_another_here(const model::notification& given) const {
  const auto held = setup_.parts.catalogue->find(given.content);
  return held && held->manifest_hash != given.hash;
}

/// A job may be committing already, too late to be cancelled: the content goes after it, and the
/// answer comes after that.
caf::result<done> distribution_point_state::on_drop(const drop_content& asked) {
  return end_jobs({asked, {}, self_->make_response_promise<done>()}, removal_text);
}

/// A10. Its content stays, and what its jobs have fetched of more: the next site's find it.
caf::result<done> distribution_point_state::on_leave_site() {
  setup_.site_known = false;
  return end_jobs({std::nullopt, {}, self_->make_response_promise<done>()}, leaving_text);
}

caf::result<done> distribution_point_state::end_jobs(removal made, const char* why) {
  for (const auto& [id, job] : jobs_) {
    if (!made.covers(job.content) || job.settled) { continue; }
    made.jobs.insert(id);
    caf::anon_send(job.actor, cancel_job{why});
  }
  for (const auto& [id, content] : pending_) {
    if (made.covers(content)) { made.jobs.insert(id); }  // cancelled when it opens
  }
  std::erase_if(dead_, [&](const auto& job) {
    if (!made.covers(job.second)) { return false; }
    caf::anon_send(setup_.journal, forget_job{job.first});
    return true;
  });
  if (made.jobs.empty()) {
    carry_out(made);
  } else {
    removals_.push_back(made);
  }
  return made.promise;
}

bool distribution_point_state::is_being_removed(const model::content_id& content) const {
  const auto takes = [&](const model::content_id& going) { return goes_with(content, going); };
  return std::any_of(leaving_.begin(), leaving_.end(), takes) ||
         std::any_of(removals_.begin(), removals_.end(),
                     [&](const removal& waiting) { return waiting.covers(content); });
}

void distribution_point_state::settle_removals(const model::job_id& over) {
  for (removal& waiting : removals_) { waiting.jobs.erase(over); }
  const auto ready =
      std::stable_partition(removals_.begin(), removals_.end(),
                            [](const removal& waiting) { return !waiting.jobs.empty(); });
  const std::vector<removal> due(ready, removals_.end());
  removals_.erase(ready, removals_.end());
  for (const removal& asked : due) { carry_out(asked); }
}

void distribution_point_state::carry_out(const removal& asked) {
  if (!asked.asked) {
    auto promise = asked.promise;
    promise.deliver(done{});
    return;
  }
  leaving_.insert(asked.asked->content);
  const auto gone = [this, content = asked.asked->content] {
    leaving_.erase(leaving_.find(content));
  };
  drop_content dropped = *asked.asked;
  dropped.older = true;
  self_->request(setup_.librarian, caf::infinite, dropped)
      .then(
          [gone, promise = asked.promise](done) mutable {
            gone();
            promise.deliver(done{});
          },
          [gone, promise = asked.promise](caf::error& given) mutable {
            gone();
            if (from_caf(given).code == errc::not_found) {
              promise.deliver(done{});
            } else {
              promise.deliver(std::move(given));
            }
          });
}

}  // namespace sluice::actors
