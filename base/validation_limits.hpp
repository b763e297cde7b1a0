#pragma once

#include <chrono>
#include <cstdint>

/// The bounds of content validation.
namespace sluice::limits {

using namespace std::chrono_literals;

// Validation: what is told of one content; everything is counted.
inline constexpr std::uint32_t validation_findings_max = 500;
inline constexpr std::uint32_t validation_runs_per_finding_max = 64;
// ... and of one cycle on one distribution point.
inline constexpr std::uint32_t validation_files_named_max = 16;     // wrong ones of one content
inline constexpr std::uint32_t validation_findings_told_max = 100;  // sentences for `--show`
inline constexpr std::uint32_t validation_items_named_max = 20;     // in one message
inline constexpr std::uint32_t validation_contents_max = 100'000;
inline constexpr std::uint32_t validation_cycles_waiting_max = 8;  // behind the one that runs
inline constexpr std::uint32_t validation_cycles_kept_max = 32;    // for `--show`, after their end
inline constexpr auto validation_busy_window = 100ms;              // content moved: others go first
inline constexpr auto validation_ask_patience = 20s;  // for all distribution points together
inline constexpr auto validation_begin_deadline = 30s;
static_assert(validation_ask_patience < validation_begin_deadline);

}  // namespace sluice::limits
