#include "apps/sluiced_options.hpp"

#include <cerrno>

namespace sluice::apps {

namespace {

error usage(std::string what) {
  return error{errc::invalid, 0, std::move(what) + "; sluiced --help lists the options"};
}

}  // namespace

result<sluiced_options> parse_sluiced_options(const std::vector<std::string>& arguments) {
  using wish = sluiced_options::wish;
  sluiced_options made;
  const auto want = [&](wish what) {
    const bool free = made.what == wish::serve;
    made.what = what;
    return free;
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--config" || word == "--ready-file") {
      if (i + 1 == arguments.size() || arguments[i + 1].empty()) {
        return usage(format("take {} without a path behind it", word));
      }
      (word == "--config" ? made.config : made.ready_file) = arguments[++i];
    } else if (word == "--help" || word == "-h") {
      made.what = wish::help;
      return made;
    } else if (word == "--version") {
      made.what = wish::version;
      return made;
    } else if (word == "--check-config" || word == "--print-config") {
      if (!want(word == "--check-config" ? wish::check_config : wish::print_config)) {
        return usage("both check and print the configuration; choose one");
      }
    } else {
      return usage(format("take the argument {}", escaped(word)));
    }
  }
  return made;
}

std::string sluiced_help() {
  return "Usage: sluiced [--config PATH] [--ready-file PATH] [--check-config | --print-config]\n\n"
         "The sluice node daemon. Its roles come from its configuration file.\n\n"
         "  --config PATH      the configuration file; /etc/sluice/sluiced.toml when not given\n"
         "  --ready-file PATH  write the ports in use to this file, as JSON, once it serves\n"
         "  --check-config     print every fault of the file, and end\n"
         "  --print-config     print every setting with its origin, and end\n"
         "  --version          print the version, and end\n"
         "  --help             print this, and end\n\n"
         "SIGTERM drains, a second one stops at once; SIGHUP reads the configuration again.\n";
}

daemon_exit daemon_exit_of(const error& failure) noexcept {
  if (failure.os_error == EADDRINUSE) { return daemon_exit::conflict; }
  switch (failure.code) {
    case errc::invalid: return daemon_exit::configuration;
    case errc::denied: return daemon_exit::denied;
    case errc::conflict: return daemon_exit::conflict;
    case errc::corrupt:
    case errc::incompatible: return daemon_exit::damaged;
    default: return daemon_exit::failed;
  }
}

}  // namespace sluice::apps
