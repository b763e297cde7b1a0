#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "http/access.hpp"
#include "http/client_census.hpp"
#include "http/push_door.hpp"
#include "io/io.hpp"
#include "storage/storage.hpp"

namespace sluice::http {

/// What the serving side of a node counts; read from any thread.
struct server_counters {
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> requests_refused{0};
  std::atomic<std::uint64_t> files_leaving{0};  ///< being sent now; `bytes_sent` has them later
  client_census visitors;                       ///< who came for content; a push is no visit
};

/// How long a connection may keep us waiting, and how many there may be.
struct connection_bounds {
  std::chrono::nanoseconds head = limits::http_head_deadline;    ///< a whole request head
  std::chrono::nanoseconds stall = limits::http_stall_deadline;  ///< without taking a byte
  std::chrono::nanoseconds idle = limits::http_idle_deadline;    ///< between two requests
  std::uint32_t connections_max = limits::http_connections_max;
  std::uint32_t connections_per_address_max = limits::http_connections_per_address_max;
};

/// A distribution point's content server (HTTP/1.1, GET and HEAD) on one reactor; several share a
/// port, each on its own reactor (bounds hold for each). Surface: /content, /manifest, /file,
/// /pieces (see docs/ARCHITECTURE.md).
/// Lifetime: outlives its `serve`. Threads: its reactor's.
class content_server {
public:
  struct settings {
    io::endpoint listen;
    std::string library_root;
    access_policy access;
    io::port_sharing port = io::port_sharing::none;
    connection_bounds bounds;
    std::uint64_t index_cache_bytes = limits::manifest_index_cache_bytes;
    std::shared_ptr<io::buffer_budget> buffers;  ///< for cold reads; none: by the page cache only
    std::uint32_t cold_readers_max = 0;          ///< of this server's reactor
    std::shared_ptr<const push_door> pushes;     ///< none: nobody may push
    std::shared_ptr<const std::atomic<bool>> withheld;  ///< while true clients get 503; or none
  };
  ~content_server();
  static io::task<result<std::unique_ptr<content_server>>> open(
      io::reactor& ring, std::shared_ptr<storage::content_catalogue> catalogue, settings given,
      std::shared_ptr<server_counters> counters);
  [[nodiscard]] io::endpoint local() const;
  /// Accepts and serves until `stop`; ends when the last connection has (drains: requests under way
  /// are finished, idle connections are closed).
  void allow(access_policy policy) noexcept;  ///< for requests from now on; reactor thread
  [[nodiscard]] io::task<void> serve();
  void stop() noexcept;  ///< reactor thread; a second call cuts off the answers under way

private:
  struct state;
  explicit content_server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// /livez, /readyz, /metrics: a tiny server apart. `answer` maps a path to (status, content type,
/// body).
struct plain_answer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};
class observation_server {
public:
  ~observation_server();
  static io::task<result<std::unique_ptr<observation_server>>> open(
      io::reactor& ring, io::endpoint listen,
      std::function<plain_answer(std::string_view path)> answer);
  [[nodiscard]] io::endpoint local() const;
  [[nodiscard]] io::task<void> serve();
  void stop() noexcept;

private:
  struct state;
  explicit observation_server(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::http
