#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/message_head.hpp"
#include "http/response_judge.hpp"
#include "http/watched_stream.hpp"

namespace sluice::http {

/// One connection to a source: requests out, answers in, in order. After a failure it is of no more
/// use. Threads: its reactor's.
class source_connection {
public:
  source_connection(io::reactor& ring, io::socket connected, source_patience patience);

  [[nodiscard]] io::task<std::optional<fetch_failure>> send(std::string requests,
                                                            std::string doing);
  struct answer {
    response_head head;
    std::optional<fetch_failure> failure;
  };
  [[nodiscard]] io::task<answer> receive_head(std::string doing);
  /// Fills `into` with the next bytes of the body.
  [[nodiscard]] io::task<std::optional<fetch_failure>> read_body(std::span<std::byte> into,
                                                                 std::string doing);
  /// Holds the next `length` bytes of the body in one piece until `consume`.
  [[nodiscard]] io::task<std::optional<fetch_failure>> gather(std::size_t length,
                                                              std::string doing);
  [[nodiscard]] io::task<std::optional<fetch_failure>> drain(std::uint64_t length,
                                                             std::string doing);
  /// What came after the end of the last answer, if anything is here by now (X20).
  [[nodiscard]] io::task<std::optional<fetch_failure>> surplus(std::string doing);
  /// Bytes that came and were not consumed.
  [[nodiscard]] std::span<const std::byte> held() const noexcept;
  void consume(std::size_t count) noexcept;

  [[nodiscard]] watched_stream& stream() noexcept { return stream_; }
  /// Why the stream ended, in terms of the matrix.
  [[nodiscard]] fetch_failure why_ended(const error& failure, std::string_view doing) const;
  /// Nothing came since the last request was sent.
  [[nodiscard]] bool silent() const noexcept { return stream_.received() == received_before_; }
  void begin_request() noexcept;
  [[nodiscard]] bool reused() const noexcept { return requests_ > 1; }

  /// While attached, `stop` aborts this connection.
  void attach(const std::shared_ptr<io::cancellation>& stop);
  void detach();
  [[nodiscard]] bool cancelled() const noexcept { return stop_ && stop_->requested(); }

private:
  [[nodiscard]] io::task<result<void>> receive_more(std::chrono::nanoseconds stall);

  io::reactor& ring_;
  watched_stream stream_;
  source_patience patience_;
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool in_head_ = true;
  bool answered_ = false;  // an answer had come before, whole
  std::uint64_t requests_ = 0;
  std::uint64_t received_before_ = 0;
  std::shared_ptr<io::cancellation> stop_;
  std::optional<io::cancellation::registration> registration_;
};

}  // namespace sluice::http
