#pragma once

#include <string>
#include <vector>

#include "base/base.hpp"

namespace sluice::apps {

/// What the command line of sluiced asks for.
struct sluiced_options {
  enum class wish { serve, check_config, print_config, help, version } what = wish::serve;
  std::string config = "/etc/sluice/sluiced.toml";
  std::string ready_file;  ///< empty: none
};
/// `arguments` without argv[0]; `invalid` names what is wrong.
result<sluiced_options> parse_sluiced_options(const std::vector<std::string>& arguments);
std::string sluiced_help();

/// How sluiced ends; README.md has the meaning of each. Never renumber.
enum class daemon_exit : int {
  drained = 0,
  failed = 1,
  configuration = 2,
  denied = 4,
  conflict = 5,
  damaged = 9,
  refused_by_kernel = 71,  ///< EX_OSERR of sysexits(3)
};
daemon_exit daemon_exit_of(const error& failure) noexcept;

}  // namespace sluice::apps
