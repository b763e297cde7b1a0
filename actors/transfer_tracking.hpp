#pragma once

#include "actors/site_parts.hpp"

namespace sluice::actors {

using tracking_owner =
    caf::typed_actor<caf::reacts_to<tracking_over>, caf::replies_to<slot_wanted>::with<bool>,
                     caf::reacts_to<slot_left>, caf::reacts_to<slot_taken>,
                     caf::reacts_to<node_is_full>>;

struct transfer_tracking_setup {
  site_parts parts;
  site_actor site;
  tracking_owner owner;
  model::package_id package;
  std::string name;  ///< the distribution point
};

/// One target until it is at rest. It holds no truth: each step begins with the facts of the site
/// database.
class transfer_tracking_state {
public:
  using self_pointer = transfer_tracking_actor::stateful_pointer<transfer_tracking_state>;

  void begin(self_pointer self, transfer_tracking_setup setup);
  void look();  ///< asks for the facts and does what they demand
  void on_content_gained(const content_gained& mail);
  void on_node_back(const std::string& name);
  void on_reported(const model::state_message& message);
  void on_tick(std::uint64_t number);
  void on_notified(const notified& mail);
  void on_polled(const polled& mail);
  void on_withdrawn(const withdrawn& mail);
  void on_cancel_answered(const cancel_answered& mail);
  void on_push_granted();
  void on_push_held(const push_held& mail);
  void on_push_ended(const push_ended& mail);
  void on_room_told(const room_told& mail);

private:
  /// `capacity`: it has a slot here, but the node took no more. `push`: its turn, or a window.
  enum class wait : std::uint8_t {
    none,
    source,
    capacity,
    push,
    push_over,
    retry,
    running,
    cancelling,
    withdrawing
  };

  void act(const distribution_facts& facts);
  void wait_for_source(const std::vector<std::string>& lacking);
  void wait_for_maintenance();
  void want_slot();
  void wait_for_slot();
  void wait_until_it_takes_more();
  void notify();
  void run();
  void on_source_back(const std::string& name);
  void set_node_state(model::job_state state);
  void poll(bool counted);
  void leave_slot();
  void ask_to_cancel();
  void install_locally();
  void withdraw();
  void withdraw_locally();
  void want_push();
  void drop_push();
  void ask_for_room();
  void begin_push();
  /// What the node was last asked to stop, or to throw away.
  enum class stop_what : std::uint8_t { job, former_job, what_it_fetched };
  void ask_to_discard();
  void ask_to(stop_what what);
  void on_discard_answered(const cancel_answered& mail);
  [[nodiscard]] model::push_slots::push this_push() const;
  void say_cannot_push(const error& failure);
  [[nodiscard]] tracking_news waits_for_turn() const;
  [[nodiscard]] tracking_news waits_for_window(std::optional<model::calendar_time> until) const;
  void retry_later(const error& failure, std::string_view how);
  void schedule(wait what, std::chrono::nanoseconds delay);
  void tell(tracking_news news);
  void say(std::uint32_t id, std::vector<std::string> insertions);
  void over(bool waits_for_slot = false);
  model::calendar_time in(std::chrono::nanoseconds delay) const;
  tracking_news news() const;

  self_pointer self_ = nullptr;
  transfer_tracking_setup setup_;
  distribution_facts facts_;
  wait waiting_ = wait::none;
  bool asking_ = false;
  bool look_again_ = false;
  bool calling_ = false;
  bool heard_meanwhile_ = false;  ///< a report came during the call: its answer is older
  bool other_sources_ = false;    ///< than those that the node was told; it is told once more
  bool may_be_there_ = false;     ///< a notification of this job may have reached the node
  enum class push_stage : std::uint8_t { none, asked, granted, going };
  push_stage push_ = push_stage::none;
  std::uint32_t quick_tries_ = 0;  ///< of a push that broke off, in a row
  stop_what stopping_ = stop_what::job;
  std::optional<push_held> held_;  ///< why it waits to be pushed
  bool cannot_push_said_ = false;  ///< 2323, since the last push that did its work
  std::uint64_t ticks_ = 0;
  std::uint32_t source_checks_ = 0;
  std::uint32_t polls_ = 0;
  bool first_poll_ = false;  ///< under way; the first of its round
  model::job_state node_state_ = model::job_state::not_started;
};

transfer_tracking_actor::behavior_type transfer_tracking(transfer_tracking_state::self_pointer self,
                                                         transfer_tracking_setup setup);

}  // namespace sluice::actors
