#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "io/io.hpp"

namespace sluice::http {

/// Where pushed connections come in: a standard distribution point gives its site a ticket for one
/// job, and the site opens connections with it (`PUT /push/<ticket>`, "Upgrade: sluice-source").
/// From there on the roles are turned round: the site answers what the job asks for, by the
/// requests of a pull (docs/decisions/0014).
///
/// Threads: any, at once. Lifetime: outlives the servers that ask it.
class push_door {
public:
  /// Takes a connection whose other end answers requests; runs on the thread of the server that
  /// accepted it, outside of any lock.
  using taker = std::function<void(io::socket)>;

  void open(std::string ticket, taker to);
  void shut(const std::string& ticket);
  [[nodiscard]] bool knows(std::string_view ticket) const;
  /// Closes the connection when the ticket is not known any more.
  void hand_over(std::string_view ticket, io::socket connected) const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, taker, std::less<>> open_;  ///< one a job: as many as a node has jobs
};

/// "/push/<ticket>".
std::string push_target(std::string_view ticket);
inline constexpr std::string_view push_upgrade = "sluice-source";

}  // namespace sluice::http
