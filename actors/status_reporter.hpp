#pragma once

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"

namespace sluice::actors {

struct status_reporter_setup {
  node_parts parts;
  node_journal_actor journal;
  librarian_actor librarian;
  distribution_point_actor distribution_point;
  std::shared_ptr<rpc::client_pool> clients;
  std::string site_address;  ///< host:port of the management point
  rpc::registration self;    ///< name, node, epoch, content address, build; the inventory is added
  std::vector<hashing::public_key> site_keys{};  ///< of the node's own site; none: the first is it
};

/// Registers the node, keeps its heart beating, and delivers the outbox until it is acknowledged.
/// One call to the site at a time; after a failure it waits, twice as long each time, at most a
/// minute. A site that has none of the keys it had before is another one, which is told nothing
/// until the node's operator consents (A10).
class status_reporter_state {
public:
  using self_pointer = status_reporter_actor::stateful_pointer<status_reporter_state>;

  void begin(self_pointer self, status_reporter_setup setup);
  void on_reports_waiting();
  void on_tick();
  void on_registered(const registered& mail);
  void on_submitted(const submitted& mail);
  void on_heart_beaten(const heart_beaten& mail);
  void on_usage_measured(const usage_measured& mail);
  void on_host_settings(const change_host_settings& mail);
  void on_site_called();
  reporter_answer on_question() const;
  caf::result<model::adoption> on_adopt();

private:
  void next();
  void register_node();
  std::vector<rpc::registration> parts_of_registration() const;
  /// A site that has none of the keys which this node's own has.
  struct other_site {
    std::string code;
    std::vector<hashing::public_key> keys;
  };
  void refuse(other_site other);
  void forget_former(const other_site& next);
  void follow(const other_site& next, std::uint64_t reports);
  void answer_adopters(const result<model::adoption>& outcome);
  void beat();
  void beat_later();
  [[nodiscard]] std::chrono::nanoseconds beat_interval() const;
  void read_and_submit();
  void submit(outbox_page rows);
  void failed(const error& failure);
  void call(std::function<void(rpc::management_point_service&)> work);
  void schedule(caf::actor_clock::time_point when);

  self_pointer self_ = nullptr;
  status_reporter_setup setup_;
  bool busy_ = false;
  bool registered_ = false;
  bool register_again_ = false;  ///< with other settings, when the call under way is over
  bool beat_due_ = false;
  bool reports_due_ = true;
  bool reachable_ = false;
  std::vector<model::usage_window> usage_;
  bool usage_due_ = false;
  bool usage_under_way_ = false;     ///< the present one, with the heartbeat that is out
  std::optional<other_site> other_;  ///< answers where this node registers
  std::string site_refused_;         ///< that it does, and what to do; empty without it
  std::string trouble_;              ///< why the last call failed, else empty
  /// Who wait for the adoption under way; no call begins meanwhile.
  std::vector<caf::typed_response_promise<model::adoption>> adopters_;
  bool forgetting_ = false;  ///< the journal forgets the former site
  std::uint64_t undelivered_ = 0;
  std::uint64_t submitted_up_to_ = 0;
  std::chrono::nanoseconds backoff_{};
  std::optional<caf::actor_clock::time_point> tick_at_;  ///< of the earliest tick under way
  caf::actor_clock::time_point next_call_;
  caf::actor_clock::time_point failed_at_;  ///< the last time
  caf::actor_clock::time_point next_beat_;
  caf::actor_clock::time_point last_beat_;  ///< that was answered, or a registration
};

status_reporter_actor::behavior_type status_reporter(status_reporter_state::self_pointer self,
                                                     status_reporter_setup setup);

}  // namespace sluice::actors
