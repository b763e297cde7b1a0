#include "model/shown_states.hpp"

#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace sluice::model;

namespace {

/// Whether some steps lead from one to the other.
template <typename State>
bool has_way(State from, State to, std::uint8_t count) {
  std::set<State> reached{from};
  std::vector<State> left{from};
  while (!left.empty()) {
    const State here = left.back();
    left.pop_back();
    for (std::uint8_t next = 0; next < count; ++next) {
      const auto there = static_cast<State>(next);
      if (may_follow(here, there) && reached.insert(there).second) { left.push_back(there); }
    }
  }
  return reached.contains(to);
}

constexpr std::uint8_t package_states = 9, site_job_states = 9, statuses = 10, transfers = 9;

}  // namespace

// S4, B23
TEST_CASE("a package's status takes only the ways of S4") {
  using enum package_status;
  const std::vector<std::pair<package_status, package_status>> listed{
      {none, sent},
      {sent, received},
      {received, installed},
      {sent, retry},
      {received, retry},
      {retry, sent},
      {retry, failed},
      {failed, installed},
      {installed, pending_remove},
      {failed, pending_remove},
      {pending_remove, removed},
      {pending_remove, retry_remove},
      {retry_remove, pending_remove},
      {retry_remove, remove_failed},
      {installed, sent},
      {failed, sent},
      {removed, sent}};
  std::size_t count = 0;
  for (std::uint8_t from = 0; from < statuses; ++from) {
    for (std::uint8_t to = 0; to < statuses; ++to) {
      count +=
          may_follow(static_cast<package_status>(from), static_cast<package_status>(to)) ? 1 : 0;
    }
  }
  CHECK(count == listed.size());
  for (const auto& [from, to] : listed) { CHECK(may_follow(from, to)); }
}

// S4, B23
TEST_CASE("whatever a package goes through on a distribution point, its status has a way") {
  for (std::uint8_t from = 0; from < package_states; ++from) {
    for (std::uint8_t to = 0; to < package_states; ++to) {
      const auto before = static_cast<package_state>(from);
      const auto after = static_cast<package_state>(to);
      // An operator may remove it once more: S4 ends there.
      if (!may_follow(before, after) || before == package_state::removal_failed) { continue; }
      for (std::uint8_t job = 0; job < site_job_states; ++job) {
        const auto then = status_of(before, static_cast<site_job_state>(job));
        const auto now = status_of(after, static_cast<site_job_state>(job));
        CAPTURE(name_of(before));
        CAPTURE(name_of(after));
        CHECK((then == now || has_way(then, now, statuses)));
      }
    }
  }
  CHECK(status_of(package_state::install_pending, std::nullopt) == package_status::none);
  CHECK(status_of(package_state::install_pending, site_job_state::started) == package_status::sent);
  CHECK(status_of(package_state::content_updating, site_job_state::in_progress) ==
        package_status::received);
  CHECK(status_of(package_state::install_pending, site_job_state::suspended) ==
        package_status::received);
  CHECK(name_of(package_status::retry_remove) == "retry_remove");
}

// S7, F11
TEST_CASE("a transfer takes only the ways of S7") {
  using enum transfer_state;
  const std::set<std::pair<transfer_state, transfer_state>> listed{{suspended, queued},
                                                                   {queued, connecting},
                                                                   {connecting, transferring},
                                                                   {transferring, transferred},
                                                                   {transferred, acknowledged},
                                                                   {connecting, transient_error},
                                                                   {transferring, transient_error},
                                                                   {transient_error, queued},
                                                                   {error, queued}};
  for (std::uint8_t from = 0; from < transfers; ++from) {
    for (std::uint8_t to = 0; to < transfers; ++to) {
      const auto here = static_cast<transfer_state>(from);
      const auto there = static_cast<transfer_state>(to);
      CAPTURE(name_of(here));
      CAPTURE(name_of(there));
      const bool active = here == queued || here == connecting || here == transferring ||
                          here == transferred || here == transient_error;
      const bool ends = there == error || there == suspended;
      const bool stops = there == cancelled && here != acknowledged && here != cancelled;
      CHECK(may_follow(here, there) ==
            (listed.contains({here, there}) || (active && ends) || stops));
    }
  }
}

// S7, F11
TEST_CASE("whatever a job goes through, its transfer has a way") {
  for (const job_state state : all_job_states) {
    for (int event = 0; event <= static_cast<int>(job_event::volume_broken); ++event) {
      const job_situation before{state, job_state::downloading};
      const auto step = advance(before, static_cast<job_event>(event));
      if (!step.allowed) { continue; }
      for (const bool waits : {false, true}) {  // a new state may need a turn, or has it still
        const auto then = transfer_of(state, waits);
        const auto now = transfer_of(step.next.state, waits);
        CAPTURE(waits);
        CAPTURE(name_of(state));
        CAPTURE(name_of(step.next.state));
        CHECK((then == now || has_way(then, now, transfers)));
      }
    }
  }
  CHECK(transfer_of(job_state::waiting_for_source, false) == transfer_state::transient_error);
  CHECK(name_of(transfer_of(job_state::succeeded, false)) == "acknowledged");
  CHECK(transfer_of(job_state::downloading_signature, true) == transfer_state::queued);
  CHECK(transfer_of(job_state::downloading, true) == transfer_state::queued);
  CHECK(transfer_of(job_state::downloading, false) == transfer_state::transferring);
}
