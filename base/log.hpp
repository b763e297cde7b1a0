#pragma once

#include <string_view>

/// The log of the process: one line per event, `component` first. Thread-safe.
/// Text from outside must be `escaped()` by the caller.
namespace sluice::log {

enum class level { debug, info, warning, error };

/// Where lines go: stderr as "2026-01-31T12:00:00.123Z info site: text", or with journald
/// priorities
/// ("<6>site: text", sd-daemon(3)) when stderr is the journal. Call once, before any other thread.
void start(level least, bool journal);
void set_level(level least);

void debug(std::string_view component, std::string_view text);
void info(std::string_view component, std::string_view text);
void warning(std::string_view component, std::string_view text);
void error(std::string_view component, std::string_view text);

}  // namespace sluice::log
