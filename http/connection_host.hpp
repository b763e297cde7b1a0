#pragma once

#include <map>
#include <set>
#include <string>

#include "http/connection.hpp"

namespace sluice::http {

/// Accepts connections within their caps and serves each as a task, until stopped.
/// Lifetime: outlives its `serve`. Threads: its reactor's.
class connection_host {
public:
  connection_host(io::reactor& ring, io::listener listening, request_handler& handler,
                  connection_bounds bounds, std::shared_ptr<server_counters> counters,
                  std::shared_ptr<const push_door> pushes = nullptr);
  [[nodiscard]] io::endpoint local() const { return listening_.local(); }
  /// Ends when `stop` was called and the last connection has ended.
  [[nodiscard]] io::task<void> serve();
  void stop() noexcept;  ///< a second call cuts off the answers under way

private:
  [[nodiscard]] bool admits(const io::socket& peer);
  [[nodiscard]] io::task<void> serve_one(io::socket accepted);
  void complain(std::string_view text);

  io::reactor& ring_;
  io::listener listening_;
  connection_bounds bounds_;
  std::shared_ptr<server_counters> counters_;
  std::shared_ptr<const push_door> pushes_;
  connection_context context_;
  bool stopping_ = false;
  std::set<connection*> open_;
  std::map<std::string, std::uint32_t> per_address_;
  io::task_group connections_;
  std::chrono::nanoseconds complained_{-std::chrono::hours(1)};
  std::uint64_t complaints_kept_back_ = 0;
};

}  // namespace sluice::http
