#include "rpc/outbound_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sluice::rpc {

using apache::thrift::transport::TTransportException;

namespace {

[[noreturn]] void fail(const error& why) {
  switch (why.code) {
    case errc::timed_out:
      throw TTransportException(TTransportException::TIMED_OUT, "the node did not answer");
    case errc::cancelled:
      throw TTransportException(TTransportException::INTERRUPTED, "the calls are given up");
    default:
      throw TTransportException(TTransportException::END_OF_FILE,
                                "the node has begun anew, and lost it");
  }
}

}  // namespace

std::uint32_t outbound_stream::read(std::uint8_t* into, std::uint32_t size) {
  if (read_ == come_.size()) {
    auto next = line_->receive(until_);
    if (!next) { fail(next.error()); }
    come_ = std::move(*next);
    read_ = 0;
  }
  const std::size_t count = std::min<std::size_t>(size, come_.size() - read_);
  if (count > 0) { std::memcpy(into, come_.data() + read_, count); }
  read_ += count;
  return static_cast<std::uint32_t>(count);
}

void outbound_stream::write(const std::uint8_t* from, std::uint32_t size) {
  leaving_.append(reinterpret_cast<const char*>(from), size);
}

void outbound_stream::flush() {
  std::string message = std::exchange(leaving_, {});
  if (message.size() > limits::outbound_message_bytes_max) {
    throw TTransportException(
        TTransportException::BAD_ARGS,
        format("a message of {} bytes does not fit into a heartbeat", message.size()));
  }
  come_.clear();
  read_ = 0;
  session_ = line_->send(std::move(message), session_);
}

}  // namespace sluice::rpc
