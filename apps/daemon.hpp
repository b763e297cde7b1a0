#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "apps/configuration.hpp"
#include "model/model.hpp"

namespace sluice::apps {

/// What a daemon is made of besides its configuration. Clock and random source are asked from
/// several threads.
struct daemon_setup {
  configuration settings;
  std::array<std::byte, 32> node_seed{};               ///< of the node's key (RFC 8032)
  std::optional<std::array<std::byte, 32>> site_seed;  ///< of the site's key, on a site server
  std::function<model::calendar_time()> now;
  random_source random;
  std::string version;
  std::string host_name;  ///< for others to reach what listens on every address
};

/// What it really listens on; 0 or "" where nothing is offered.
struct daemon_ports {
  model::node_id node;
  std::uint16_t content = 0;
  std::uint16_t control = 0;
  std::uint16_t management_point = 0;
  std::uint16_t observation = 0;
  std::string admin_socket;
  std::string node_socket;
};

/// One node, plugged together: reactors, library, databases, actors, servers.
///
/// Lifetime:  started whole or not at all; `drain` ends it in order: no new calls, requests under
/// way finished, actors
///            ended, the library closed. The destructor drains when nobody did.
/// Threads:   the caller's, one at a time.
class daemon {
public:
  static result<std::unique_ptr<daemon>> start(daemon_setup setup);
  ~daemon();
  daemon(const daemon&) = delete;
  daemon& operator=(const daemon&) = delete;

  [[nodiscard]] const daemon_ports& ports() const noexcept;
  /// Applies what may change while running (see `apply_reload`).
  void reload(const configuration& settings);
  /// True when every reactor and every actor that is needed has answered since the last call, which
  /// asked them; asks them again. Never waits.
  [[nodiscard]] bool responsive();
  void drain();

private:
  struct parts;
  explicit daemon(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

}  // namespace sluice::apps
