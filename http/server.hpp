#pragma once

#include <functional>
#include <memory>

#include "http/access.hpp"
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
};

/// A distribution point's content server (HTTP/1.1, GET and HEAD) on one reactor; several share a
/// port, each on its own reactor. Surface: /content, /manifest, /file, /pieces (see
/// docs/ARCHITECTURE.md).
class content_server {
public:
  struct settings {
    io::endpoint listen;
    std::string library_root;
    access_policy access;
    bool shared_port = false;
  };
  static io::task<result<std::unique_ptr<content_server>>> open(
      io::reactor& ring, std::shared_ptr<storage::content_catalogue> catalogue, settings given,
      std::shared_ptr<server_counters> counters);
  [[nodiscard]] io::endpoint local() const;
  /// Accepts and serves until `stop`; ends when the last connection has (drains: requests under way
  /// are finished, idle connections are closed).
  [[nodiscard]] io::task<void> serve();
  void stop() noexcept;  ///< reactor thread
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
  static io::task<result<std::unique_ptr<observation_server>>> open(
      io::reactor& ring, io::endpoint listen,
      std::function<plain_answer(std::string_view path)> answer);
  [[nodiscard]] io::endpoint local() const;
  [[nodiscard]] io::task<void> serve();
  void stop() noexcept;
};

}  // namespace sluice::http
