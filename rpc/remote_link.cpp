#include <thrift/TApplicationException.h>
#include <thrift/protocol/TProtocolException.h>

#include <cerrno>

#include "rpc/remote.hpp"
#include "rpc/stream.hpp"

namespace sluice::rpc {

using namespace apache::thrift;
using transport::TTransportException;

std::shared_ptr<call_transport> remote_link::connect() {
  if (target_.outbound) {
    if (target_.record->nobody_there) {
      throw to_wire(error{errc::unreachable, 0,
                          format("wait for a heartbeat of a node that opens no control port "
                                 "(contact = outbound): none came within {} ms",
                                 target_.options.outbound_patience.count())});
    }
    return std::make_shared<outbound_stream>(target_.outbound);
  }
  auto socket = connect_to(target_.to, target_.options.connect_deadline, target_.interrupt);
  if (!socket) {
    if (target_.record != nullptr && socket.error().os_error == ETIMEDOUT) {
      target_.record->deadline_spent = true;
    }
    throw to_wire(socket.error());
  }
  return std::make_shared<stream>(std::move(*socket), target_.interrupt);
}

remote_link::opened remote_link::open() {
  if (target_.record != nullptr) { target_.record->deadline_spent = false; }
  const bool unattended = target_.record != nullptr && target_.record->nobody_there;
  if (stream_ && (unattended || stream_->stale())) { drop(); }
  const bool fresh = stream_ == nullptr;
  if (fresh) {
    stream_ = connect();
    protocol_ =
        std::make_shared<protocol::TMultiplexedProtocol>(framed_protocol(stream_), service_);
  }
  stream_->allow(target_.options.call_deadline);
  return {protocol_, fresh};
}

void remote_link::drop() noexcept {
  protocol_.reset();
  stream_.reset();
}

wire::greeting remote_link::greeting() const {
  wire::greeting mine;
  mine.__set_oldest(number_to_wire(target_.options.speaks.oldest, "oldest"));
  mine.__set_newest(number_to_wire(target_.options.speaks.newest, "newest"));
  mine.__set_build(build_of(target_.options.speaks));
  return mine;
}

void remote_link::check_greeting(const wire::greeting& theirs) const {
  const protocol_range range{.oldest = number_from_wire(theirs.oldest, "oldest"),
                             .newest = number_from_wire(theirs.newest, "newest"),
                             .build = theirs.build};
  if (const auto fault = mismatch(target_.options.speaks, range)) { throw to_wire(*fault); }
}

error remote_link::failure(std::string_view method) {
  try {
    throw;
  } catch (const wire::failure& refused) {
    return from_wire(refused);
  } catch (const TTransportException& fault) {
    return transport_failure(fault.getType(), fault.what(), method);
  } catch (const std::exception& fault) {
    drop();
    return {errc::refused, 0,
            format("call {}.{} at {}: {}", service_, method, target_.text(),
                   escaped(fault.what(), 256))};
  }
}

error remote_link::transport_failure(int type, std::string_view what, std::string_view method) {
  drop();
  const auto failed = [&](errc code, std::string_view why) {
    return error{code, 0, format("call {}.{} at {}: {}", service_, method, target_.text(), why)};
  };
  switch (type) {
    case TTransportException::TIMED_OUT:
      if (target_.record != nullptr) { target_.record->deadline_spent = true; }
      return failed(errc::timed_out,
                    format("no answer within {} ms", target_.options.call_deadline.count()));
    case TTransportException::INTERRUPTED: return failed(errc::cancelled, "given up");
    case TTransportException::BAD_ARGS: return failed(errc::limit_reached, what);
    default: return failed(errc::peer_closed, escaped(what, 256));
  }
}

remote_target target_of(listen_address to, client_options options) {
  return {.to = std::move(to), .options = std::move(options), .interrupt = -1, .record = nullptr};
}
client_options options_of(std::chrono::milliseconds call_deadline, protocol_range speaks) {
  client_options made;
  made.call_deadline = call_deadline;
  made.speaks = std::move(speaks);
  return made;
}

}  // namespace sluice::rpc
