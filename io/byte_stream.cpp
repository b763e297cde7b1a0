#include "io/byte_stream.hpp"

#include <utility>

namespace sluice::io {

namespace {

class plain final : public byte_stream {
public:
  explicit plain(socket connected) noexcept : socket_(std::move(connected)) {}

  task<result<std::size_t>> receive(std::span<std::byte> into,
                                    std::chrono::nanoseconds stall) override {
    return socket_.receive(into, stall);
  }
  task<result<void>> send(std::span<const std::byte> bytes, std::chrono::nanoseconds stall,
                          bool more) override {
    return socket_.send(bytes, stall, more);
  }
  task<result<void>> send_file(const file& from, std::uint64_t offset, std::uint64_t length,
                               std::chrono::nanoseconds stall) override {
    return socket_.send_file(from, offset, length, stall);
  }
  task<result<std::uint64_t>> send_cached(const file& from, std::uint64_t offset,
                                          std::uint64_t length,
                                          std::chrono::nanoseconds stall) override {
    return socket_.send_cached(from, offset, length, stall);
  }
  void abort() noexcept override { socket_.abort(); }
  task<void> close() override { return socket_.close(); }
  [[nodiscard]] const std::string& peer() const noexcept override { return socket_.peer(); }
  [[nodiscard]] std::optional<socket> release() noexcept override { return std::move(socket_); }

private:
  socket socket_;
};

}  // namespace

std::unique_ptr<byte_stream> plain_stream(socket connected) {
  return std::make_unique<plain>(std::move(connected));
}

}  // namespace sluice::io
