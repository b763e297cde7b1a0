#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/base.hpp"
#include "model/job_state.hpp"

/// What the site remembers of a distribution. Values are those of ConfigMgr; never renumber.
namespace sluice::model {

/// S1: the job at the site.
enum class site_job_state : std::uint8_t {
  pending = 0,
  ready = 1,
  started = 2,
  in_progress = 3,
  pending_restart = 4,
  complete = 5,
  failed = 6,
  cancelled = 7,
  suspended = 8,
};
/// True when S1 lists the transition (0→1→2→3→5; 3→4→1; 0|1|3→8→1; any open→6|7; late success
/// 6|7→5).
[[nodiscard]] bool may_follow(site_job_state from, site_job_state to) noexcept;
/// The states that lie between, and `to`: what is heard of may be steps ahead of what was known.
/// Empty when S1 has no such way that only goes forward, or when they are the same.
[[nodiscard]] std::vector<site_job_state> way(site_job_state from, site_job_state to);

/// S5: a package on a distribution point.
enum class package_state : std::uint8_t {
  installed = 0,
  install_pending = 1,
  install_retrying = 2,
  install_failed = 3,
  removal_pending = 4,
  removal_retrying = 5,
  removal_failed = 6,
  content_updating = 7,
  content_monitoring = 8,
};
/// True when S5 lists the transition (1→0; 1↔2; 2→3; 3→0|1; 0→7→0|2; 0→8→0|3; 0|3→4; 4↔5; 5→6→4).
/// A removed package has no state any more: its row goes.
[[nodiscard]] bool may_follow(package_state from, package_state to) noexcept;
/// The same in S5. Nothing that is not installed is so on its way to something else.
[[nodiscard]] std::vector<package_state> way(package_state from, package_state to);

/// S6.
enum class console_bucket : std::uint8_t { success = 1, in_progress = 2, unknown = 3, failed = 4 };
/// `heard` is false while nothing is known of this target: neither its own status nor one of the
/// site's about it (a wait, a failed notification). It decides only about `install_pending`; every
/// other state is itself the fruit of a status.
[[nodiscard]] console_bucket bucket_of(package_state state, bool cancelled, bool heard) noexcept;

std::string_view name_of(site_job_state state) noexcept;
std::string_view name_of(package_state state) noexcept;
std::string_view name_of(console_bucket bucket) noexcept;

}  // namespace sluice::model
