#pragma once

#include <mutex>

#include "actors/contracts.hpp"

namespace sluice::actors {

/// Performs what the site asks for, one thing at a time, until it is closed.
/// Threads:  any.
class command_taker {
public:
  command_taker(rpc::control_service& control, const std::string& site_address)
      : session_(control, site_address) {}
  /// What the next heartbeat says. Nothing after `close`.
  std::optional<rpc::command_contact> perform(const rpc::site_command& command);
  [[nodiscard]] rpc::command_contact idle();  ///< what one says that answers nothing
  /// Waits for the command under way; from then on `control` is not used.
  void close();

private:
  std::mutex one_at_a_time_;
  rpc::command_session session_;
  bool closed_ = false;
};

struct outbound_contact_setup {
  std::shared_ptr<rpc::client_pool> clients;
  std::string site_address;  ///< host:port of the management point
  model::node_id node;
  model::epoch_id epoch;
  std::shared_ptr<command_taker> taker;
};

/// `contact = outbound`: every 5 s a heartbeat asks for commands; as long as some come the next one
/// takes the answer back at once, and what else waits for the site takes turns with it. The
/// heartbeats of the status reporter go on beside it.
class outbound_contact_state {
public:
  using self_pointer = outbound_contact_actor::stateful_pointer<outbound_contact_state>;
  void begin(self_pointer self, outbound_contact_setup setup);
  void on_due();
  void on_answered(const contact_answered& mail);

private:
  void ask(rpc::command_contact said);

  self_pointer self_ = nullptr;
  outbound_contact_setup setup_;
  bool asking_ = false;
};

outbound_contact_actor::behavior_type outbound_contact(outbound_contact_state::self_pointer self,
                                                       outbound_contact_setup setup);

}  // namespace sluice::actors
