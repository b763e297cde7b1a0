#include <thrift/TApplicationException.h>
#include <thrift/protocol/TProtocolException.h>

#include <cerrno>

#include "rpc/remote.hpp"

namespace sluice::rpc {

using namespace apache::thrift;
using transport::TTransportException;

remote_link::opened remote_link::open() {
  if (target_.record != nullptr) { target_.record->deadline_spent = false; }
  if (stream_ && stream_->stale()) { drop(); }
  const bool fresh = stream_ == nullptr;
  if (fresh) {
    auto socket = connect_to(target_.to, target_.options.connect_deadline, target_.interrupt);
    if (!socket) {
      if (target_.record != nullptr && socket.error().os_error == ETIMEDOUT) {
        target_.record->deadline_spent = true;
      }
      throw to_wire(socket.error());
    }
    stream_ = std::make_shared<stream>(std::move(*socket), target_.interrupt);
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
            format("call {}.{} at {}: {}", service_, method, target_.to.text(),
                   escaped(fault.what(), 256))};
  }
}

error remote_link::transport_failure(int type, std::string_view what, std::string_view method) {
  drop();
  const auto failed = [&](errc code, std::string_view why) {
    return error{code, 0, format("call {}.{} at {}: {}", service_, method, target_.to.text(), why)};
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
