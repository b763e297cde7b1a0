#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/base.hpp"

namespace sluice::model {

/// How often, and how long apart. The numbers of ConfigMgr's Software Distribution component and of
/// its tab Pull Distribution Point (B13); changed while the site runs.
struct attempts {
  std::uint32_t number = 0;
  std::chrono::minutes delay{};
  bool operator==(const attempts&) const = default;
};

/// Numbers are 1 to 999, delays 1 to 1440 minutes.
struct distribution_settings {
  attempts retry{limits::notification_tries_max, limits::notification_retry_delay};
  attempts polling{limits::status_polls_max, limits::status_poll_delay};
  std::chrono::minutes content_availability_check = limits::content_availability_check;
  /// 1 to `limits::jobs_per_distribution_point_max`, which is what a distribution point takes.
  std::uint32_t active_jobs = limits::jobs_per_distribution_point_max;
  /// B16: pushes at a time, of 1 to 50 packages, each to 1 to 999 standard distribution points.
  std::uint32_t push_packages = 3;
  std::uint32_t push_threads = 5;
  std::vector<std::string> source_protocols{"http", "https"};  ///< those of sources (D3)
  bool operator==(const distribution_settings&) const = default;
};

inline constexpr std::uint32_t push_packages_max = 50;
inline constexpr std::uint32_t push_threads_max = 999;
/// More pushes at a time than this are not advised (B16).
inline constexpr std::uint32_t pushes_advised_max = 750;
inline constexpr std::uint32_t attempts_max = 999;
inline constexpr std::chrono::minutes attempt_delay_max{1440};

}  // namespace sluice::model
