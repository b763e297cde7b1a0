#include "apps/service_manager.hpp"

#include <systemd/sd-daemon.h>

#include "base/base.hpp"

namespace sluice::apps::service_manager {

void ready(std::string_view status) { sd_notify(0, format("READY=1\nSTATUS={}", status).c_str()); }

void reloading() { sd_notify(0, "RELOADING=1"); }

void stopping() { sd_notify(0, "STOPPING=1\nSTATUS=drains"); }

void alive() { sd_notify(0, "WATCHDOG=1"); }

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) { return std::nullopt; }
  return std::chrono::milliseconds{microseconds / 1000};
}

}  // namespace sluice::apps::service_manager
