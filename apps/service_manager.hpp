#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/// What the service manager is told (sd_notify(3)); nothing happens without one.
namespace sluice::apps::service_manager {

void ready(std::string_view status);
void reloading();
void stopping();
void alive();
/// How often `alive` must be said at the latest; nothing when there is no watchdog.
std::optional<std::chrono::milliseconds> watchdog_interval();

}  // namespace sluice::apps::service_manager
