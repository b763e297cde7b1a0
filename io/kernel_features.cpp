#include "io/kernel_features.hpp"

#include <liburing.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "io/ring_backend.hpp"

namespace sluice::io {

namespace {

constexpr std::array<std::string_view, all_kernel_features.size()> names{
    "deferred_tasks", "registered_buffers", "cache_state", "direct_files"};
static_assert(static_cast<std::size_t>(all_kernel_features.back()) + 1 == names.size());

std::atomic<std::uint32_t> switched_off = 0;

std::uint32_t bit_of(kernel_feature feature) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(feature);
}

bool ring_is_made(unsigned flags) noexcept {
  io_uring tried{};
  if (io_uring_queue_init(2, &tried, flags) != 0) { return false; }
  io_uring_queue_exit(&tried);
  return true;
}

bool ring_registers_buffers() noexcept {
  io_uring tried{};
  if (io_uring_queue_init(2, &tried, 0) != 0) { return false; }
  const bool can = io_uring_register_buffers_sparse(&tried, 1) == 0;
  io_uring_queue_exit(&tried);
  return can;
}

bool kernel_has(kernel_feature feature) noexcept {
  switch (feature) {
    case kernel_feature::deferred_tasks:
      return ring_is_made(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    case kernel_feature::registered_buffers: return ring_registers_buffers();
    case kernel_feature::cache_state:
      // No such descriptor, where there is such a call.
      return ::syscall(detail::cachestat_number, -1, nullptr, nullptr, 0) != 0 && errno != ENOSYS;
    case kernel_feature::direct_files: return true;  // each file system says for itself
  }
  return false;
}

std::uint32_t found_in_kernel() noexcept {
  std::uint32_t found = 0;
  for (const kernel_feature feature : all_kernel_features) {
    if (kernel_has(feature)) { found |= bit_of(feature); }
  }
  return found;
}

std::string listed(bool usable) {
  std::string text;
  for (const kernel_feature feature : all_kernel_features) {
    if (is_usable(feature) != usable) { continue; }
    if (!text.empty()) { text += ", "; }
    text += name_of(feature);
  }
  return text;
}

}  // namespace

std::string_view name_of(kernel_feature feature) noexcept {
  return names[static_cast<std::size_t>(feature)];
}

result<void> do_without(std::string_view wanted) {
  while (!wanted.empty()) {
    const std::size_t comma = std::min(wanted.find(','), wanted.size());
    const std::string_view name = wanted.substr(0, comma);
    wanted.remove_prefix(std::min(comma + 1, wanted.size()));
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return error{errc::invalid, 0,
                   format("do without '{}': what one can do without is deferred_tasks, "
                          "registered_buffers, cache_state and direct_files",
                          escaped(name))};
    }
    switched_off |= bit_of(all_kernel_features[static_cast<std::size_t>(found - names.begin())]);
  }
  return {};
}

bool is_usable(kernel_feature feature) noexcept {
  static const std::uint32_t found = found_in_kernel();
  return (found & ~switched_off.load() & bit_of(feature)) != 0;
}

std::string kernel_features_text() {
  const std::string used = listed(true);
  const std::string absent = listed(false);
  return format("uses {}{}{}", used.empty() ? "no feature that may be absent" : used,
                absent.empty() ? "" : "; does without ", absent);
}

}  // namespace sluice::io
