#include "base/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <map>
#include <memory>

#include "base/escape.hpp"
#include "base/format.hpp"

namespace sluice::log {

namespace {

constexpr const char* line_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr std::size_t rolled_files = 10;

/// Components -> the file that has what they say.
const std::map<std::string_view, std::string_view> file_names{
    {"distribution_point", "pull_dp"},
    {"node_journal", "pull_dp"},
    {"status_reporter", "pull_dp"},
    {"transfer_job", "pull_dp"},
    {"content_source", "data_transfer_service"},
    {"http", "data_transfer_service"},
    {"transfer_tracking", "package_transfer_manager"},
    {"distribution_manager", "distribution_manager"},
    {"site", "distribution_manager"},
    {"content_validation", "content_validation"},
};

using logger_pointer = std::shared_ptr<spdlog::logger>;

journal_writer to_journal = nullptr;
std::map<std::string_view, logger_pointer> files;  ///< by component

spdlog::level::level_enum spdlog_level(level least) {
  switch (least) {
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

logger_pointer logger_for(spdlog::sink_ptr sink) {
  auto made = std::make_shared<spdlog::logger>("sluice", std::move(sink));
  made->set_pattern(line_pattern, spdlog::pattern_time_type::utc);
  made->flush_on(spdlog::level::debug);
  return made;
}

spdlog::logger& logger() {
  static const auto instance = logger_for(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return *instance;
}

void write(level severity, int priority, std::string_view component, std::string_view text) {
  const auto as_spdlog = spdlog_level(severity);
  if (!logger().should_log(as_spdlog)) { return; }
  if (to_journal == nullptr || !to_journal(priority, component, text)) {
    logger().log(as_spdlog, "{}: {}", component, text);
  }
  const auto file = files.find(component);
  if (file != files.end()) { file->second->log(as_spdlog, "{}: {}", component, text); }
}

}  // namespace

void start(level least, journal_writer journal) {
  to_journal = journal;
  set_level(least);
}

void set_level(level least) { logger().set_level(spdlog_level(least)); }

result<void> write_files(const std::string& folder, std::size_t file_bytes) {
  std::map<std::string_view, logger_pointer> by_name;
  try {
    for (const auto& [component, name] : file_names) {
      logger_pointer& file = by_name[name];
      if (!file) {
        file = logger_for(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            format("{}/{}.log", folder, name), file_bytes, rolled_files));
        file->set_level(spdlog::level::debug);
      }
      files[component] = file;
    }
  } catch (const spdlog::spdlog_ex& failure) {
    files.clear();
    return sluice::error{errc::os_failed, 0, format("write log files: {}", failure.what())};
  }
  return {};
}

void debug(std::string_view component, std::string_view text) {
  write(level::debug, 7, component, text);
}
void info(std::string_view component, std::string_view text) {
  write(level::info, 6, component, text);
}
void warning(std::string_view component, std::string_view text) {
  write(level::warning, 4, component, text);
}
void error(std::string_view component, std::string_view text) {
  write(level::error, 3, component, text);
}

}  // namespace sluice::log
