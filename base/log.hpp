#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// The log of the process: one line per event, `component` first. Thread-safe.
/// Text from outside must be `escaped()` by the caller.
namespace sluice::log {

enum class level { debug, info, warning, error };

/// Gives a line to the journal, with its fields; `priority` as in sd-daemon(3). False when there is
/// no journal: the line goes to stderr. Any thread.
using journal_writer = bool (*)(int priority, std::string_view component, std::string_view text);

/// Where lines go: to `journal`, if given; else to stderr as "2026-01-31T12:00:00.123Z info site:
/// text". Call once, before any other thread.
void start(level least, journal_writer journal);
void set_level(level least);

/// Besides, what these say goes to files of their own in `folder`, named as administrators know
/// them from ConfigMgr: pull_dp.log, data_transfer_service.log, package_transfer_manager.log,
/// distribution_manager.log, content_validation.log. A file is rolled at `file_bytes`, ten are
/// kept. Call once, before any other thread.
result<void> write_files(const std::string& folder, std::size_t file_bytes = 2'621'440);

void debug(std::string_view component, std::string_view text);
void info(std::string_view component, std::string_view text);
void warning(std::string_view component, std::string_view text);
void error(std::string_view component, std::string_view text);

}  // namespace sluice::log
