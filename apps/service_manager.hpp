#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/// What the service manager is told (sd_notify(3)), and its journal; nothing happens without one.
namespace sluice::apps::service_manager {

void ready(std::string_view status);
void reloading();
void stopping();
void alive();
/// How often `alive` must be said at the latest; nothing when there is no watchdog.
std::optional<std::chrono::milliseconds> watchdog_interval();

/// Gives a line to the journal: MESSAGE "site: text", PRIORITY, SYSLOG_IDENTIFIER, and
/// SLUICE_COMPONENT, by which journalctl(1) selects. False when there is no journal. Any thread.
bool write_to_journal(int priority, std::string_view component, std::string_view text);

}  // namespace sluice::apps::service_manager
