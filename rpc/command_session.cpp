#include "rpc/command_session.hpp"

#include <thrift/transport/TBufferTransports.h>

#include "rpc/gate.hpp"
#include "rpc/handlers.hpp"
#include "rpc/principal.hpp"
#include "rpc/protocol.hpp"

namespace sluice::rpc {

using namespace apache::thrift;

struct command_session::state {
  offered_services services;
  protocol_range speaks;
  std::string site_address;
  std::uint64_t session = 0;
  std::shared_ptr<TProcessor> processor;

  std::optional<std::string> process(const std::string& message);
};

/// Nothing for what no server would answer, but close the connection.
std::optional<std::string> command_session::state::process(const std::string& message) {
  const auto refused = [&](std::string_view why) {
    log::warning("rpc", format("a command of the site at {} is no message: {}", site_address, why));
    return std::nullopt;
  };
  if (message.size() > limits::rpc_frame_bytes_max) { return refused("it is too long"); }
  const auto come = memory_transport(std::as_bytes(std::span(message)).data(), message.size());
  const auto leaving = std::make_shared<transport::TMemoryBuffer>();
  try {
    if (!processor->process(framed_protocol(come), framed_protocol(leaving), nullptr)) {
      return refused("it is empty");
    }
  } catch (const std::exception& fault) { return refused(escaped(fault.what(), 256)); }
  return leaving->getBufferAsString();
}

command_session::command_session(control_service& control, std::string site_address)
    : state_(std::make_unique<state>()) {
  state_->services.control = &control;
  state_->site_address = std::move(site_address);
}

command_session::~command_session() = default;

std::uint64_t command_session::session() const noexcept { return state_->session; }

command_contact command_session::perform(const site_command& command) {
  state& mine = *state_;
  if (command.number == command.session) {
    mine.session = command.session;
    mine.processor =
        make_processor(principal_of_loopback(mine.site_address), mine.services, mine.speaks);
  }
  command_contact said{mine.session, command.number, {}};
  if (mine.session == 0 || mine.session != command.session) { return said; }
  said.answer = mine.process(command.message);
  if (!said.answer) { said.session = mine.session = 0; }
  return said;
}

}  // namespace sluice::rpc
