#pragma once

#include <map>

#include "actors/push_runner.hpp"
#include "actors/site_contracts.hpp"

namespace sluice::actors {

struct distribution_manager_setup {
  calendar_clock now;
  std::shared_ptr<rpc::client_pool> clients;
  std::shared_ptr<push_runner> runner;
  model::distribution_settings settings;
};

/// Pushes content to standard distribution points: how many at a time (B16), when (F1) and how fast
/// (F3 to F6). Whether a push is wanted, and what becomes of its job, is its tracking's to say.
class distribution_manager_state {
public:
  using self_pointer = distribution_manager_actor::stateful_pointer<distribution_manager_state>;

  void begin(self_pointer self, distribution_manager_setup setup);
  void on_wanted(const push_wanted& mail);
  void on_begun(const push_begun& mail);
  void on_ticket(const push_ticket& mail);
  void on_over(const push_over& mail);
  void on_due(const push_due& mail);
  void on_dropped(const push_dropped& mail);
  void on_slots(const push_slots_changed& mail);

private:
  using push = model::push_slots::push;
  struct entry {
    push_wanted wish;
    push_begun order;          ///< once it has begun
    std::uint64_t number = 0;  ///< of its present run; 0: none
    std::uint64_t timer = 0;
    std::optional<push_held> told;  ///< why it waits, as its tracking knows
    std::unique_ptr<running_push> running;
  };

  void on_down(const caf::down_msg& mail);
  void look(const push& what, entry& of);
  void grant();
  void tell_held(entry& of, const push_held& why);
  void end(const push& what, entry& of, push_ended how);
  self_pointer self_ = nullptr;
  distribution_manager_setup setup_;
  model::push_slots slots_{0, 0};
  std::map<push, entry> pushes_;  ///< at most as many as nodes have jobs
  std::uint64_t last_ = 0;
};

distribution_manager_actor::behavior_type distribution_manager(
    distribution_manager_state::self_pointer self, distribution_manager_setup setup);

}  // namespace sluice::actors
