#pragma once

#include <chrono>

/// SIGTERM and SIGINT end a daemon in order, SIGHUP reloads it. They are taken by asking, never in
/// a handler.
namespace sluice::apps::service_signals {

enum class news { none, terminate, reload };

/// Keeps the signals from this thread and from all it starts; SIGPIPE is ignored. First in main.
void claim();
/// The next one, or `none` after `at_most`.
news wait(std::chrono::milliseconds at_most);
/// From now on SIGTERM or SIGINT ends the process at once, with code 1, whatever it does.
void stop_at_next();

}  // namespace sluice::apps::service_signals
