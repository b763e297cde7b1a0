#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "rpc/rpc.hpp"

namespace sluice::cli {

inline constexpr const char* admin_socket_default = "/run/sluice/admin.sock";
inline constexpr const char* node_socket_default = "/run/sluice/node.sock";

/// What the admin client needs from outside; a test hands in its own.
/// Lifetime: outlives `run_cli`. Threads: the connect functions are called from one thread only.
struct world {
  std::ostream& output;        ///< answers
  std::ostream& error_output;  ///< failures and progress
  bool output_is_terminal = false;
  bool error_is_terminal = false;
  bool colour = false;  ///< a terminal, and NO_COLOR is not set
  std::string current_folder;
  std::function<std::shared_ptr<rpc::admin_service>(const std::string& socket,
                                                    std::chrono::milliseconds call_deadline)>
      connect_admin;
  std::function<std::shared_ptr<rpc::node_service>(const std::string& socket,
                                                   std::chrono::milliseconds call_deadline)>
      connect_node;
  std::function<model::calendar_time()> now;
  /// Waits so long; false ends whatever is being watched.
  std::function<bool(std::chrono::milliseconds)> pause;
  /// A whole file, of at most 1 MiB.
  std::function<result<std::string>(const std::string& path)> read_text;
};

/// The whole of `sluice`: parses, asks, prints; returns the exit code. `arguments` without argv[0].
int run_cli(const std::vector<std::string>& arguments, const world& outside);

}  // namespace sluice::cli
