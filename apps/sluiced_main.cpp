#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "apps/configuration.hpp"
#include "apps/daemon.hpp"
#include "apps/node_keys.hpp"
#include "apps/providers.hpp"
#include "apps/ready_file.hpp"
#include "apps/service_manager.hpp"
#include "apps/service_signals.hpp"
#include "apps/sluiced_options.hpp"
#include "hashing/hashing.hpp"
#include "io/io.hpp"

namespace sluice::apps {

namespace {

constexpr std::uint64_t configuration_bytes_max = 1 * limits::mib;
constexpr std::chrono::milliseconds signal_patience{60'000};

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) { return "localhost"; }
  return name.data();
}

/// Says why on stderr and in the log's place; the code to end with.
int refuse(const error& failure) {
  log::error("sluiced", escaped(describe(failure), 4096));
  return static_cast<int>(daemon_exit_of(failure));
}

configuration_outcome load_configuration(const std::string& path) {
  const auto text = io::blocking::read_file(path, configuration_bytes_max);
  if (text) { return read_configuration(*text, path, host_name()); }
  configuration_outcome made;
  made.faults.push_back({path, {1, 1}, escaped(describe(text.error()))});
  return made;
}

/// More descriptors, as much locked memory as is allowed; the kernel's defaults are for shells.
void raise_limits() {
  for (const auto which : {RLIMIT_NOFILE, RLIMIT_MEMLOCK}) {
    rlimit bounds{};
    if (getrlimit(which, &bounds) != 0) { continue; }
    bounds.rlim_cur = bounds.rlim_max;
    setrlimit(which, &bounds);
  }
}

result<void> choose_hash_kernel() {
  const char* wanted = std::getenv("SLUICE_HASH_KERNEL");
  if (wanted != nullptr && *wanted != '\0') {
    const auto found = hashing::kernel_named(wanted);
    if (!found || !hashing::force(*found)) {
      std::string known;
      for (const hashing::kernel each : hashing::available_kernels()) {
        known += format("{}{}", known.empty() ? "" : ", ", hashing::name_of(each));
      }
      return error{errc::invalid, 0,
                   format("use the hash kernel {} of SLUICE_HASH_KERNEL; this processor runs: {}",
                          escaped(wanted), known)};
    }
  }
  log::info("sluiced", format("hashes with {}", hashing::name_of(hashing::kernel_in_use())));
  return {};
}

/// What the kernel has and this node uses; SLUICE_IO_WITHOUT takes some of it away.
result<void> choose_kernel_features() {
  const char* unwanted = std::getenv("SLUICE_IO_WITHOUT");
  if (unwanted != nullptr) {
    auto chosen = io::do_without(unwanted);
    if (!chosen) { return chosen; }
  }
  log::info("sluiced", format("io_uring: {}", io::kernel_features_text()));
  return {};
}

/// The keys of the node and, on a site server, of the site; made at the first start.
result<daemon_setup> prepare(const configuration& settings) {
  daemon_setup setup;
  setup.settings = settings;
  setup.now = calendar_now;
  setup.random = system_random;
  setup.version = SLUICE_VERSION;
  setup.host_name = host_name();
  const std::string& state = settings.node.state.value;
  const auto node = load_or_make_key(state + "/node.key", state + "/node.db", system_random);
  if (!node) { return node.error(); }
  setup.node_seed = *node;
  if (settings.site) {
    const auto site = load_or_make_key(state + "/site.key", state + "/site.db", system_random);
    if (!site) { return site.error(); }
    setup.site_seed = *site;
  }
  return setup;
}

void announce(const configuration& settings, const daemon_ports& ports) {
  log::info("sluiced", format("{} {} is node {}", settings.node.name.value, SLUICE_VERSION,
                              ports.node.text()));
  if (!settings.distribution_point) { return; }
  const bool anonymous = settings.distribution_point->anonymous_access.value;
  log::info("sluiced", format("serves content on port {}; anonymous access is {}", ports.content,
                              anonymous ? "ON: anybody who connects may read" : "off"));
}

/// The file again: what may change while running changes, the rest is named and stays.
void reload(daemon& node, configuration& settings, const std::string& path) {
  const configuration_outcome again = load_configuration(path);
  if (!again.ok()) {
    for (const configuration_fault& fault : again.faults) {
      log::error("sluiced", format("nothing is reloaded: {}", describe(fault)));
    }
    return;
  }
  const configuration_change change = compare(settings, again.settings);
  settings = apply_reload(settings, again.settings);
  log::set_level(settings.node.log_level.value);
  node.reload(settings);
  for (const std::string& name : change.applied) {
    log::info("sluiced", format("{} is changed", name));
  }
  for (const std::string& name : change.kept) {
    log::warning("sluiced", format("{} keeps its value until a restart", name));
  }
  log::info("sluiced", "the configuration is reloaded");
}

std::chrono::nanoseconds monotonic_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void tell_how_it_is(daemon& node) {
  if (node.responsive()) { return service_manager::alive(); }
  log::error("sluiced",
             "a reactor or an actor has not answered since it was asked last; the "
             "service manager is not told that all is well");
}

/// Serves until asked to end, then drains.
void serve(daemon& node, configuration settings, const sluiced_options& options) {
  const auto watchdog = service_manager::watchdog_interval();
  const auto patience =
      watchdog ? std::max(*watchdog / 3, std::chrono::milliseconds{1}) : signal_patience;
  service_manager::ready("serves");
  std::chrono::nanoseconds next{0};
  while (true) {
    // A reload between two questions leaves no time for answers: it does not ask.
    if (monotonic_now() >= next) {
      tell_how_it_is(node);
      next = monotonic_now() + patience;
    }
    const auto left = std::max(next - monotonic_now(), std::chrono::nanoseconds{0});
    const auto news = service_signals::wait(std::chrono::ceil<std::chrono::milliseconds>(left));
    if (news == service_signals::news::terminate) { break; }
    if (news == service_signals::news::reload) {
      service_manager::reloading();
      reload(node, settings, options.config);
      service_manager::ready("serves");
    }
  }
  service_manager::stopping();
  service_signals::stop_at_next();
  log::info("sluiced", "drains");
  node.drain();
  log::info("sluiced", "drained");
}

result<void> open_log_files(const node_settings& node) {
  const std::string& folder = node.component_logs.value;
  if (folder.empty()) { return {}; }
  if (auto made = io::blocking::make_folders(folder); !made) { return made; }
  return log::write_files(folder);
}

int run(const sluiced_options& options, const configuration& settings) {
  service_signals::claim();
  umask(0027);
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  log::start(settings.node.log_level.value, journal ? service_manager::write_to_journal : nullptr);
  if (const auto opened = open_log_files(settings.node); !opened) { return refuse(opened.error()); }
  raise_limits();
  if (const auto chosen = choose_hash_kernel(); !chosen) { return refuse(chosen.error()); }
  if (const auto chosen = choose_kernel_features(); !chosen) { return refuse(chosen.error()); }
  const std::string& state = settings.node.state.value;
  if (const auto made = io::blocking::make_folders(state); !made) { return refuse(made.error()); }
  const auto lock = io::file_lock::take(state + "/lock");
  if (!lock) { return refuse(lock.error()); }
  if (const auto tried = io::reactor_thread::start("try"); !tried) {
    refuse(tried.error());
    return static_cast<int>(daemon_exit::refused_by_kernel);
  }
  auto setup = prepare(settings);
  if (!setup) { return refuse(setup.error()); }
  const auto node = daemon::start(std::move(*setup));
  if (!node) { return refuse(node.error()); }
  announce(settings, (*node)->ports());
  if (!options.ready_file.empty()) {
    const auto text = ready_text(static_cast<std::uint64_t>(getpid()), (*node)->ports());
    const auto written = io::blocking::write_file(options.ready_file, text);
    if (!written) { return refuse(written.error()); }
  }
  serve(**node, settings, options);
  return static_cast<int>(daemon_exit::drained);
}

int start(const std::vector<std::string>& arguments) {
  using wish = sluiced_options::wish;
  const auto options = parse_sluiced_options(arguments);
  if (!options) {
    std::fputs(("sluiced: " + describe(options.error()) + "\n").c_str(), stderr);
    return static_cast<int>(daemon_exit::configuration);
  }
  if (options->what == wish::help || options->what == wish::version) {
    const std::string text =
        options->what == wish::help ? sluiced_help() : format("sluiced {}\n", SLUICE_VERSION);
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  const configuration_outcome outcome = load_configuration(options->config);
  for (const configuration_fault& fault : outcome.faults) {
    std::fputs((describe(fault) + "\n").c_str(), stderr);
  }
  if (!outcome.ok()) { return static_cast<int>(daemon_exit::configuration); }
  if (options->what == wish::serve) { return run(*options, outcome.settings); }
  const std::string text =
      options->what == wish::print_config
          ? print_configuration(outcome.settings)
          : format("{}: this configuration is good\n", escaped(options->config));
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

}  // namespace sluice::apps

int main(int count, char** values) {
  return sluice::apps::start(std::vector<std::string>(values + 1, values + count));
}
