#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/apps/fake_services.hpp"

namespace sluice::cli::testing {

struct outcome {
  int code = 0;
  std::string output;
  std::string error_output;
};

/// `sluice` with these services, in a pipe or on a terminal, at noon; each pause is a second.
struct stage {
  fake_site site;
  fake_node node;
  bool terminal = false;
  bool colour = false;
  int pauses_max = 1000;
  std::string socket;                        ///< the last one that was connected to
  std::map<std::string, std::string> files;  ///< what `sluice` may read, by path

  outcome run(const std::vector<std::string>& arguments) {
    std::ostringstream output;
    std::ostringstream error_output;
    int pauses = 0;
    const auto keep = [](auto*) {};
    const world outside{output,
                        error_output,
                        terminal,
                        terminal,
                        colour,
                        "/srv/me",
                        [&](const std::string& path, std::chrono::milliseconds) {
                          socket = path;
                          return std::shared_ptr<rpc::admin_service>(&site, keep);
                        },
                        [&](const std::string& path, std::chrono::milliseconds) {
                          socket = path;
                          return std::shared_ptr<rpc::node_service>(&node, keep);
                        },
                        [&] { return noon + std::chrono::seconds{pauses}; },
                        [&](std::chrono::milliseconds) { return ++pauses < pauses_max; },
                        [&](const std::string& path) -> result<std::string> {
                          const auto found = files.find(path);
                          if (found != files.end()) { return found->second; }
                          return error{errc::not_found, 0, format("read {}", path)};
                        }};
    const int code = run_cli(arguments, outside);
    return {code, output.str(), error_output.str()};
  }
};

}  // namespace sluice::cli::testing
