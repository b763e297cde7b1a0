#pragma once

#include <deque>
#include <map>
#include <set>

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"
#include "actors/transfer_job.hpp"

namespace sluice::actors {

struct distribution_point_setup {
  node_parts parts;
  std::string site_address;  ///< for the operator's eyes
  node_journal_actor journal;
  librarian_actor librarian;
  bool site_known = false;  ///< keys of the site are pinned: manifests can be checked
  /// Makes the actor of a source; tests pass stand-ins.
  std::function<content_source_actor(const model::source_entry&)> make_source;
  std::vector<storage::job_record> jobs;  ///< open ones of before the restart
  std::string version;                    ///< of the program
  model::node_id node;
};

/// Takes notifications, knows every open job, lets `limits::jobs_moving_max` of them move bytes at
/// once.
class distribution_point_state {
public:
  using self_pointer = distribution_point_actor::stateful_pointer<distribution_point_state>;

  distribution_point_state() = default;
  distribution_point_state(const distribution_point_state&) = delete;
  distribution_point_state& operator=(const distribution_point_state&) = delete;
  ~distribution_point_state();  ///< ends its jobs and sources: nobody else would

  void begin(self_pointer self, distribution_point_setup setup);
  caf::result<rpc::notify_answer> on_notification(const model::notification& given);
  caf::result<rpc::poll_answer> on_poll(model::job_id job);
  caf::result<std::string> on_push_question(const push_question& asked);
  caf::result<rpc::cancel_outcome> on_cancel(const cancel_order& asked);
  caf::result<model::node_report> on_node_question();
  caf::result<model::why_report> on_why(model::package_id package);
  caf::result<done> on_drop(const drop_content& asked);
  caf::result<done> on_leave_site();
  void on_turn_wanted(model::job_id job);
  void on_turn_returned(model::job_id job);
  void on_job_settled(model::job_id job);
  void on_job_over(model::job_id job);
  void on_job_waits(const job_waits& mail);
  void on_job_due(model::job_id job);
  void on_down(const caf::down_msg& mail);
  void on_site_registered() { setup_.site_known = true; }

private:
  static constexpr const char* removal_text = "the removal of the package";
  static constexpr const char* leaving_text = "the move to another site";
  struct open_job {
    model::content_id content;
    transfer_job_actor actor;
    caf::actor_addr address;
    bool settled = false;  ///< brings nothing in any more
    bool waits = false;    ///< for something else than its turn: it is not one of the active ones
  };
  /// A removal asked for: answered when the jobs that were open for its content are settled, and
  /// what they brought is gone. Not later: a report that finds no room may wait for the removal.
  struct removal {
    std::optional<drop_content> asked;  ///< none: the node leaves its site, and keeps what it has
    std::set<model::job_id> jobs;
    caf::typed_response_promise<done> promise;
    [[nodiscard]] bool covers(const model::content_id& content) const;
  };
  caf::result<done> end_jobs(removal made, const char* why);
  void settle_removals(const model::job_id& over);
  void carry_out(const removal& asked);
  using cancel_promise = caf::typed_response_promise<rpc::cancel_outcome>;
  void discard_for(const cancel_order& asked, cancel_promise promise);
  void discard(const model::content_id& content,
               std::function<void(const std::optional<error>&)> then);
  void discard_former(const model::content_id& settled);
  [[nodiscard]] bool is_being_discarded(const model::content_id& content) const;
  [[nodiscard]] bool is_being_removed(const model::content_id& content) const;
  void open(const storage::job_record& row);
  content_source_actor source_of(const model::source_entry& entry, const model::job_id& job);
  std::vector<content_source_actor> sources_of(const model::notification& given);
  void forget_push(const model::job_id& job);
  void grant_turns();
  void stop_former(const model::content_id& newer);
  [[nodiscard]] bool has_room_for(const model::content_id& content) const;
  [[nodiscard]] bool has_newer(const model::content_id& content) const;
  [[nodiscard]] bool is_another_here(const model::notification& given) const;

  self_pointer self_ = nullptr;
  distribution_point_setup setup_;
  std::map<model::job_id, open_job> jobs_;
  std::map<model::job_id, model::content_id> pending_;  ///< notified, not yet journalled
  std::vector<removal> removals_;                       ///< waiting for jobs
  std::multiset<model::content_id> leaving_;            ///< the librarian removes them
  std::multiset<model::content_id> discarding_;         ///< ... or what was fetched of them
  std::map<std::string, content_source_actor>
      sources_;  ///< by address, at most one per DP of the site; those of pushes by job
  std::deque<model::job_id> waiting_for_turn_;
  std::set<model::job_id> moving_;
  std::map<model::job_id, model::content_id> dead_;  ///< ended by themselves, to begin again
};

distribution_point_actor::behavior_type distribution_point(
    distribution_point_state::self_pointer self, distribution_point_setup setup);

}  // namespace sluice::actors
