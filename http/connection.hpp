#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/access.hpp"
#include "http/answer_cache.hpp"
#include "http/answer_head.hpp"
#include "http/message_head.hpp"
#include "http/push_door.hpp"
#include "http/server.hpp"

namespace sluice::http {

/// Where the answers of one connection are written. Small ones gather until `flush`, so that the
/// answers to pipelined requests leave together. After a failure the connection is of no more use.
class answer_writer {
public:
  answer_writer(io::byte_stream& to, std::chrono::nanoseconds stall, server_counters& counters,
                visit_counter& visit);

  /// `with_body` is false for HEAD: the head tells the length of what is not sent.
  [[nodiscard]] io::task<result<void>> send(answer_head head, std::string body, bool with_body);
  /// Text gathered as it is: heads, and the parts of a multipart answer between its files.
  [[nodiscard]] io::task<result<void>> send_text(std::string_view text);
  /// A head and all of a small file that follows it, `file_bytes` of them: sent from where they
  /// are, or gathered when answers before or after it are to share the packet.
  [[nodiscard]] io::task<result<void>> send_answer(std::string_view whole,
                                                   std::uint64_t file_bytes);
  /// A part of a file: read and gathered when it is at most 2 KiB, otherwise by egress.
  /// `cold` is how bytes are read that are not in the page cache.
  [[nodiscard]] io::task<result<void>> send_file(io::file& from, std::uint64_t offset,
                                                 std::uint64_t length, io::cold_reading cold);
  /// `more` when what follows is sent at once, and may share a packet.
  [[nodiscard]] io::task<result<void>> flush(bool more = false);
  /// Whether the next request has come already.
  void set_next_came(bool came) noexcept { next_came_ = came; }

private:
  io::byte_stream& to_;
  std::chrono::nanoseconds stall_;
  server_counters& counters_;
  visit_counter& visit_;
  std::string gathered_;
  bool next_came_ = false;
};

/// Answers requests. A failure means that the answer was cut short: the connection is closed.
class request_handler {
public:
  virtual ~request_handler() = default;
  [[nodiscard]] virtual io::task<result<void>> answer(const request_head& request,
                                                      const principal& who, answer_writer& to) = 0;
  /// The answer to a head that had the same one before; null when there is none, or when `who` may
  /// not have it.
  [[nodiscard]] virtual std::shared_ptr<const ready_answer> find_ready(std::string_view head,
                                                                       const principal& who);
  [[nodiscard]] virtual io::task<result<void>> give(std::shared_ptr<const ready_answer> answer,
                                                    answer_writer& to);
};

/// One accepted connection; `idle` while it waits for a request.
struct connection {
  std::unique_ptr<io::byte_stream> stream;
  bool idle = true;
};

/// What a connection has to know of the server it belongs to.
struct connection_context {
  io::reactor& ring;
  request_handler& handler;
  const connection_bounds& bounds;
  server_counters& counters;
  const bool& stopping;
  std::function<void(std::string_view)> complain;  ///< a log line, rate-limited
  const push_door* pushes = nullptr;               ///< none: nobody may push
  client_census* visitors = nullptr;               ///< none: nobody is counted
};

/// Reads heads and has them answered in their order until the peer leaves, a deadline passes, the
/// stream cannot be trusted, or the server stops. Closes the stream.
[[nodiscard]] io::task<void> serve_connection(const connection_context& context, connection& self);

/// An error as a short text; `keep_alive` false where the stream cannot be trusted any more.
answer_head error_head(int status, bool keep_alive);

}  // namespace sluice::http
