#include "model/distribution_state.hpp"

#include <array>
#include <optional>

namespace sluice::model {

namespace {

constexpr bool is_open(site_job_state state) noexcept {
  return state != site_job_state::complete && state != site_job_state::failed &&
         state != site_job_state::cancelled;
}

template <typename State>
struct arrow {
  State from;
  State to;
};

constexpr auto job_arrows = [] {
  using enum site_job_state;
  return std::array<arrow<site_job_state>, 12>{{{pending, ready},
                                                {ready, started},
                                                {started, in_progress},
                                                {in_progress, complete},
                                                {in_progress, pending_restart},
                                                {pending_restart, ready},
                                                {pending, suspended},
                                                {ready, suspended},
                                                {in_progress, suspended},
                                                {suspended, ready},
                                                {failed, complete},
                                                {cancelled, complete}}};
}();

constexpr auto package_arrows = [] {
  using enum package_state;
  return std::array<arrow<package_state>, 18>{{{install_pending, installed},
                                               {install_pending, install_retrying},
                                               {install_retrying, install_pending},
                                               {install_retrying, install_failed},
                                               {install_failed, installed},
                                               {install_failed, install_pending},
                                               {installed, content_updating},
                                               {content_updating, installed},
                                               {content_updating, install_retrying},
                                               {installed, content_monitoring},
                                               {content_monitoring, installed},
                                               {content_monitoring, install_failed},
                                               {installed, removal_pending},
                                               {install_failed, removal_pending},
                                               {removal_pending, removal_retrying},
                                               {removal_retrying, removal_pending},
                                               {removal_retrying, removal_failed},
                                               {removal_failed, removal_pending}}};
}();

template <typename State, std::size_t Count>
constexpr bool listed(const std::array<arrow<State>, Count>& arrows, State from,
                      State to) noexcept {
  for (const arrow<State>& one : arrows) {
    if (one.from == from && one.to == to) { return true; }
  }
  return false;
}

/// The shortest way by `may_follow`, over states that `may_pass`. Breadth first: nine states.
template <typename State, typename MayPass>
std::vector<State> shortest_way(State from, State to, MayPass may_pass) {
  constexpr std::size_t count = 9;
  std::array<std::optional<State>, count> before;
  std::vector<State> reached{from};
  for (std::size_t i = 0; i < reached.size() && from != to; ++i) {
    const State here = reached[i];
    if (here != from && !may_pass(here)) { continue; }
    for (std::size_t next = 0; next < count; ++next) {
      const auto there = static_cast<State>(next);
      if (there == from || before[next] || !may_follow(here, there)) { continue; }
      before[next] = here;
      reached.push_back(there);
    }
  }
  std::vector<State> steps;
  for (State at = to; at != from; at = *before[static_cast<std::size_t>(at)]) {
    if (!before[static_cast<std::size_t>(at)]) { return {}; }
    steps.insert(steps.begin(), at);
  }
  return steps;
}

}  // namespace

std::vector<site_job_state> way(site_job_state from, site_job_state to) {
  return shortest_way(from, to, [](site_job_state state) {
    return state == site_job_state::pending || state == site_job_state::ready ||
           state == site_job_state::started || state == site_job_state::in_progress;
  });
}

std::vector<package_state> way(package_state from, package_state to) {
  const bool is_there =
      from == package_state::content_updating || from == package_state::content_monitoring;
  return shortest_way(from, to, [is_there](package_state state) {
    if (state == package_state::installed) { return is_there; }
    return state != package_state::content_updating && state != package_state::removal_pending &&
           state != package_state::removal_failed;
  });
}

bool may_follow(site_job_state from, site_job_state to) noexcept {
  const bool ends_badly = to == site_job_state::failed || to == site_job_state::cancelled;
  return (is_open(from) && ends_badly) || listed(job_arrows, from, to);
}

bool may_follow(package_state from, package_state to) noexcept {
  return listed(package_arrows, from, to);
}

console_bucket bucket_of(package_state state, bool cancelled, bool heard) noexcept {
  if (cancelled) { return console_bucket::failed; }
  switch (state) {
    case package_state::installed:
    case package_state::content_monitoring: return console_bucket::success;
    case package_state::install_failed:
    case package_state::removal_failed: return console_bucket::failed;
    case package_state::install_pending:
      return heard ? console_bucket::in_progress : console_bucket::unknown;
    case package_state::install_retrying:
    case package_state::removal_pending:
    case package_state::removal_retrying:
    case package_state::content_updating: return console_bucket::in_progress;
  }
  return console_bucket::unknown;
}

std::string_view name_of(site_job_state state) noexcept {
  static constexpr std::array<std::string_view, 9> names{
      "pending",  "ready",  "started",   "in_progress", "pending_restart",
      "complete", "failed", "cancelled", "suspended"};
  const auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(package_state state) noexcept {
  static constexpr std::array<std::string_view, 9> names{
      "installed",      "install_pending",  "install_retrying",
      "install_failed", "removal_pending",  "removal_retrying",
      "removal_failed", "content_updating", "content_monitoring"};
  const auto index = static_cast<std::size_t>(state);
  return index < names.size() ? names[index] : "unknown";
}

std::string_view name_of(console_bucket bucket) noexcept {
  switch (bucket) {
    case console_bucket::success: return "success";
    case console_bucket::in_progress: return "in_progress";
    case console_bucket::unknown: return "unknown";
    case console_bucket::failed: return "failed";
  }
  return "unknown";
}

}  // namespace sluice::model
