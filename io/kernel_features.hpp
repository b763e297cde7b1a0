#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/base.hpp"

namespace sluice::io {

/// What io uses where the kernel has it. Each has a fallback with the same results at a higher
/// price; a file system may still say no to a single file.
enum class kernel_feature : std::uint8_t {
  deferred_tasks,      ///< completions only when asked for (Linux 6.1); else when they come
  registered_buffers,  ///< of the ring (6.0, and locked memory); else plain reads and writes
  cache_state,         ///< cachestat(2) (6.5): what is resident; else a read that must not wait
  direct_files,        ///< O_DIRECT; else through the page cache
};
inline constexpr std::array<kernel_feature, 4> all_kernel_features{
    kernel_feature::deferred_tasks, kernel_feature::registered_buffers, kernel_feature::cache_state,
    kernel_feature::direct_files};

/// "deferred_tasks".
std::string_view name_of(kernel_feature feature) noexcept;

/// Goes on as if the kernel did not have these: names with commas between. For tests, and to find
/// out what a feature is worth. Before the first reactor is made. `invalid` names the known ones.
result<void> do_without(std::string_view names);

/// True when it is there, and was not switched off. Asked of the kernel once. Any thread.
[[nodiscard]] bool is_usable(kernel_feature feature) noexcept;

/// "uses deferred_tasks, cache_state; does without registered_buffers", for the log at the start.
std::string kernel_features_text();

}  // namespace sluice::io
