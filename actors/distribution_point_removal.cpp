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

/// C4. What was fetched goes when no job of it is left: the site asks once more then.
caf::result<rpc::cancel_outcome> distribution_point_state::on_cancel(const cancel_order& asked) {
  if (pending_.contains(asked.job)) {
    return to_caf(error{
        errc::limit_reached, 0,
        format("cancel job {}: it is just beginning; ask again right after", asked.job.text())});
  }
  if (dead_.erase(asked.job) > 0) { caf::anon_send(setup_.journal, forget_job{asked.job}); }
  auto promise = self_->make_response_promise<rpc::cancel_outcome>();
  const auto found = jobs_.find(asked.job);
  if (found == jobs_.end()) {
    discard_for(asked, promise);
    return promise;
  }
  self_->request(found->second.actor, caf::infinite, cancel_wish{asked.user})
      .then(
          [this, promise, asked](rpc::cancel_outcome outcome) mutable {
            if (outcome == rpc::cancel_outcome::unknown) { return discard_for(asked, promise); }
            promise.deliver(outcome);
          },
          [promise, asked](caf::error&) mutable {
            promise.deliver(
                to_caf(error{errc::limit_reached, 0,
                             format("cancel job {}: it has just ended; ask again right after",
                                    asked.job.text())}));
          });
  return promise;
}

/// Answers when it is done.
void distribution_point_state::discard_for(const cancel_order& asked, cancel_promise promise) {
  if (!asked.discard) {
    promise.deliver(rpc::cancel_outcome::unknown);
    return;
  }
  discard(*asked.discard, [promise](const std::optional<error>& failure) mutable {
    if (failure) {
      promise.deliver(to_caf(*failure));
    } else {
      promise.deliver(rpc::cancel_outcome::unknown);
    }
  });
}

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
  auto gone = [this, content = asked.asked->content,
               promise = asked.promise](const std::optional<error>& failure) mutable {
    leaving_.erase(leaving_.find(content));
    if (failure) {
      promise.deliver(to_caf(*failure));
    } else {
      promise.deliver(done{});
    }
  };
  drop_content dropped = *asked.asked;
  dropped.older = true;
  const auto then_discard = [this, content = asked.asked->content, gone] {
    discard(content, gone);
  };
  self_->request(setup_.librarian, caf::infinite, dropped)
      .then([then_discard](done) { then_discard(); },
            [then_discard, gone](caf::error& given) mutable {
              const error failure = from_caf(given);
              if (failure.code == errc::not_found) { return then_discard(); }
              gone(failure);
            });
}

/// What was fetched of this version and those before it, and that no open job wants.
void distribution_point_state::discard(const model::content_id& content,
                                       std::function<void(const std::optional<error>&)> then) {
  storage::discard_request asked{content, {}, {}};
  for (const auto& [id, job] : jobs_) {
    if (!job.settled) { asked.wanted.push_back(job.content); }
  }
  for (const auto* const others : {&pending_, &dead_}) {
    for (const auto& [id, wanted] : *others) { asked.wanted.push_back(wanted); }
  }
  asked.dropped = [journal = setup_.journal](const model::file_id& file) {
    caf::anon_send(journal, forget_pieces{file});
  };
  discarding_.insert(content);
  const auto over = [this, content, then](const std::optional<error>& failure) {
    discarding_.erase(discarding_.find(content));
    if (then) { return then(failure); }
    if (failure) { log::warning("distribution_point", describe(*failure)); }
  };
  self_->request(setup_.librarian, caf::infinite, discard_staging{std::move(asked)})
      .then([over](done) { over(std::nullopt); },
            [over](caf::error& failure) { over(from_caf(failure)); });
}

/// Nobody begins anew what is just being thrown away.
bool distribution_point_state::is_being_discarded(const model::content_id& content) const {
  return std::any_of(discarding_.begin(), discarding_.end(),
                     [&](const model::content_id& going) { return goes_with(content, going); });
}

/// Once a version is complete nobody goes on with those before it.
void distribution_point_state::discard_former(const model::content_id& settled) {
  const bool complete = setup_.parts.catalogue->find(settled).has_value();
  if (complete && settled.version > 1) { discard({settled.package, settled.version - 1}, {}); }
}

}  // namespace sluice::actors
