#include "rpc/protocol.hpp"

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include "base/base.hpp"

namespace sluice::rpc {

namespace {

using namespace apache::thrift;

constexpr std::uint32_t buffer_kept_max = 64 * limits::kib;

std::shared_ptr<TConfiguration> bounds() {
  return std::make_shared<TConfiguration>(limits::rpc_frame_bytes_max, limits::rpc_frame_bytes_max,
                                          limits::rpc_recursion_max);
}

/// Frames with their bound in both directions; what counts as one message ends with its frame.
class bounded_frames final : public transport::TFramedTransport {
public:
  explicit bounded_frames(std::shared_ptr<transport::TTransport> below)
      : TFramedTransport(std::move(below), DEFAULT_BUFFER_SIZE, buffer_kept_max, bounds()) {
    have_buffer();
  }

  void flush() override {
    const auto size = static_cast<std::size_t>(wBase_ - wBuf_.get());
    if (size > limits::rpc_frame_bytes_max + sizeof(std::uint32_t)) {
      wBase_ = wBuf_.get() + sizeof(std::uint32_t);
      throw transport::TTransportException(
          transport::TTransportException::BAD_ARGS,
          format("a message of {} bytes does not fit into a frame", size));
    }
    TFramedTransport::flush();
  }

  std::uint32_t readEnd() override {
    const auto read = TFramedTransport::readEnd();
    if (!rBuf_) { have_buffer(); }
    return read;
  }

protected:
  bool readFrame() override {
    resetConsumedMessageSize();
    return TFramedTransport::readFrame();
  }

private:
  /// Thrift counts from where it reads and copies to it, and neither is defined for null.
  void have_buffer() {
    rBufSize_ = DEFAULT_BUFFER_SIZE;
    rBuf_.reset(new std::uint8_t[rBufSize_]);
    setReadBuffer(rBuf_.get(), 0);
  }
};

}  // namespace

std::shared_ptr<protocol::TProtocol> bare_protocol(
    std::shared_ptr<transport::TTransport> transport) {
  const bool strict = true;
  return protocol::TBinaryProtocolFactory(limits::rpc_string_bytes_max,
                                          limits::rpc_container_items_max, strict, strict)
      .getProtocol(std::move(transport));
}

std::shared_ptr<protocol::TProtocol> framed_protocol(
    std::shared_ptr<transport::TTransport> transport) {
  return bare_protocol(std::make_shared<bounded_frames>(std::move(transport)));
}

std::shared_ptr<transport::TTransport> memory_transport(const std::byte* bytes, std::size_t size) {
  SLUICE_CHECK(size <= limits::rpc_frame_bytes_max);
  auto made = std::make_shared<transport::TMemoryBuffer>(bounds());
  const auto* const from = static_cast<const std::uint8_t*>(static_cast<const void*>(bytes));
  if (size > 0) { made->write(from, static_cast<std::uint32_t>(size)); }
  return made;
}

}  // namespace sluice::rpc
