#pragma once

#include <memory>
#include <string>

#include "rpc/outbound_line.hpp"
#include "rpc/stream.hpp"

namespace sluice::rpc {

/// One session over an `outbound_line` as a Thrift transport.
/// Threads: one at a time.
/// Errors:  as `stream`; END_OF_FILE when the node does not know the session any more.
class outbound_stream final
    : public apache::thrift::transport::TVirtualTransport<outbound_stream, call_transport> {
public:
  explicit outbound_stream(std::shared_ptr<outbound_line> line) : line_(std::move(line)) {}

  void allow(std::chrono::nanoseconds patience) noexcept override {
    until_ = outbound_line::clock::now() + patience;
  }
  [[nodiscard]] bool stale() const noexcept override {
    return session_ != 0 && line_->session() != session_;
  }
  [[nodiscard]] bool isOpen() const override { return true; }
  std::uint32_t read(std::uint8_t* into, std::uint32_t size);
  void write(const std::uint8_t* from, std::uint32_t size);
  void flush() override;

private:
  std::shared_ptr<outbound_line> line_;
  std::uint64_t session_ = 0;
  outbound_line::clock::time_point until_;
  std::string leaving_;
  std::string come_;
  std::size_t read_ = 0;  ///< bytes of `come_`
};

}  // namespace sluice::rpc
