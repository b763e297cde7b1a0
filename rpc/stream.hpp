#pragma once

#include <thrift/transport/TVirtualTransport.h>

#include <chrono>
#include <string>

#include "rpc/endpoint.hpp"

namespace sluice::rpc {

/// What a call travels over, as a client sees it.
class call_transport : public apache::thrift::transport::TTransportDefaults {
public:
  /// The budget of the call that begins now.
  virtual void allow(std::chrono::nanoseconds patience) noexcept = 0;
  /// Whether the other side has closed, or sent what nobody asked for, since the last call.
  [[nodiscard]] virtual bool stale() const noexcept = 0;
};

/// A connected socket as a Thrift transport, with a budget of waiting per call: however slowly the
/// other side sends or takes bytes, the sum of all waiting in one call stays within `allow`.
///
/// Threads: one at a time.
/// Errors:  TTransportException: TIMED_OUT when the budget is spent, END_OF_FILE when the other
/// side
///          has closed, INTERRUPTED when `interrupt` became readable.
class stream final : public apache::thrift::transport::TVirtualTransport<stream, call_transport> {
public:
  /// `interrupt` is an eventfd, or -1; it is not owned.
  stream(descriptor connected, int interrupt) noexcept
      : socket_(std::move(connected)), interrupt_(interrupt) {}

  void allow(std::chrono::nanoseconds patience) noexcept override { patience_ = patience; }
  [[nodiscard]] bool stale() const noexcept override;
  /// Waits for the first byte of a call; false when the other side has closed instead, or is idle.
  bool await_call();

  [[nodiscard]] bool isOpen() const override { return socket_.valid(); }
  void close() override { socket_.reset(); }
  std::uint32_t read(std::uint8_t* into, std::uint32_t size);
  void write(const std::uint8_t* from, std::uint32_t size);

private:
  void wait(short events);

  descriptor socket_;
  int interrupt_;
  std::chrono::nanoseconds patience_{};
};

}  // namespace sluice::rpc
