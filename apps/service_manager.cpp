#include "apps/service_manager.hpp"

// The place in our code says nothing to whoever reads the journal.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include <array>
#include <string>

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

bool write_to_journal(int priority, std::string_view component, std::string_view text) {
  std::array<std::string, 4> fields{
      format("MESSAGE={}: {}", component, text), format("PRIORITY={}", priority),
      format("SLUICE_COMPONENT={}", component), "SYSLOG_IDENTIFIER=sluiced"};
  std::array<iovec, fields.size()> parts{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    parts[i] = {fields[i].data(), fields[i].size()};
  }
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace sluice::apps::service_manager
