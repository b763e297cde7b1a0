#include "base/log.hpp"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace sluice::log {

namespace {

bool to_journal = false;

spdlog::level::level_enum spdlog_level(level least) {
  switch (least) {
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("sluice",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

void write(level severity, int priority, std::string_view component, std::string_view text) {
  if (to_journal) {
    logger().log(spdlog_level(severity), "<{}>{}: {}", priority, component, text);
  } else {
    logger().log(spdlog_level(severity), "{}: {}", component, text);
  }
}

}  // namespace

void start(level least, bool journal) {
  to_journal = journal;
  if (journal) { logger().set_pattern("%v"); }
  set_level(least);
}

void set_level(level least) { logger().set_level(spdlog_level(least)); }

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
