#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "http/watched_stream.hpp"
#include "io/io.hpp"
#include "model/model.hpp"

namespace sluice::http {

/// Why a source was left (one row of the lying-source matrix, features X), for status message
/// 20001.
struct source_fault {
  std::string row;   ///< "X1" .. "X36", or "" when nobody is to blame (404)
  std::string what;  ///< one sentence: "answered 403 Forbidden"
};

/// The outcome of one exchange that did not give the bytes.
struct fetch_failure {
  error cause;  ///< not_found: lacks it (no blame); refused, timed_out, peer_closed, unreachable,
                ///< corrupt
  source_fault fault;
  std::optional<std::chrono::seconds> retry_after;
};

/// Requests to one source over at most `connections` kept-alive connections. Only `host:port` is
/// ever contacted: redirects are never followed, any content coding is refused, ranges must be
/// answered exactly. A kept-alive connection that the source closed meanwhile is replaced once,
/// without blame; every other repetition is the caller's (features X4, X5, X30).
/// Lifetime: `close` before it goes; outlives its tasks. Threads: its reactor's.
class source_client {
public:
  struct settings {
    io::endpoint address;
    std::uint32_t connections = limits::http_connections_per_source;
    source_patience patience;
    /// Not connected from here: `take` brings the connections, and without one a request fails as
    /// `unreachable`, nobody's fault.
    bool pushed = false;
  };
  source_client(io::reactor& ring, settings given);
  ~source_client();
  source_client(const source_client&) = delete;
  source_client& operator=(const source_client&) = delete;

  /// GET or HEAD without body: is it there? `not_found`: no.
  [[nodiscard]] io::task<std::optional<fetch_failure>> probe(std::string target);
  /// A whole small body into memory (manifest signature, piece layer, small file): exactly `size`
  /// bytes when it is given
  /// (`bytes_max` otherwise).
  struct body {
    std::vector<std::byte> bytes;
    std::optional<fetch_failure> failure;
  };
  [[nodiscard]] io::task<body> fetch(std::string target, std::optional<std::uint64_t> size,
                                     std::uint64_t bytes_max,
                                     std::shared_ptr<io::cancellation> stop);
  /// Many small bodies, requests sent ahead on one connection (pipelined), handed over in order,
  /// each at most 1 MiB, exactly `size`.
  struct small_request {
    std::string target;
    std::uint64_t size = 0;
  };
  /// `take(i, bytes)` is called for each body that arrived whole; the span is valid during the
  /// call. Returns per request: nothing, or why it did not come.
  [[nodiscard]] io::task<std::vector<std::optional<fetch_failure>>> fetch_many(
      std::vector<small_request> requests,
      std::function<void(std::size_t, std::span<const std::byte>)> take,
      std::shared_ptr<io::cancellation> stop);
  /// A range through ingest into a file; the tap judges each block.
  struct range_outcome {
    io::ingest_report report;              ///< `stopped_here`: our own disk failed
    std::optional<fetch_failure> failure;  ///< the source failed; never set for our own disk
  };
  [[nodiscard]] io::task<range_outcome> fetch_range(std::string target, std::uint64_t file_size,
                                                    io::ingest_request range,
                                                    io::buffer_pool& buffers, io::file& into,
                                                    io::tap& check,
                                                    std::shared_ptr<io::cancellation> stop);
  /// A whole body of known size straight into a file from offset 0, unverified (manifests: hashed
  /// afterwards).
  struct file_outcome {
    std::optional<fetch_failure> failure;  ///< the source failed
    std::optional<error> trouble;          ///< our own disk did
  };
  [[nodiscard]] io::task<file_outcome> fetch_to_file(std::string target, std::uint64_t size,
                                                     io::file& into,
                                                     std::shared_ptr<io::cancellation> stop);
  /// A connection whose other end opened it, and answers on it. Not after `close`.
  void take(io::socket connected);
  /// Cuts off and forgets the connections that were taken; what is asked next needs another.
  void cut_taken(source_patience patience);
  /// Cuts off what is under way (each ends with its failure) and waits for it.
  [[nodiscard]] io::task<void> close();
  [[nodiscard]] std::uint64_t bytes_received() const noexcept;
  /// How long somebody has been waiting for it while no connection brought a byte; 0 when nobody
  /// is.
  [[nodiscard]] std::chrono::nanoseconds silent_for() const noexcept;

  class state;  ///< of its own files

private:
  std::unique_ptr<state> state_;
};

/// The targets of design section "HTTP surface".
std::string manifest_target(const model::content_id& content);
std::string signature_target(const model::content_id& content);
std::string file_target(const model::content_id& content, const model::file_id& file);
std::string pieces_target(const model::content_id& content, const model::file_id& file);

}  // namespace sluice::http
