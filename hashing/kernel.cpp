#include "hashing/kernel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>

#include "hashing/message_lanes.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sluice::hashing {
namespace {

struct kernel_name {
  kernel which;
  std::string_view name;
};
constexpr std::array<kernel_name, 4> names{{{kernel::portable, "portable"},
                                            {kernel::shani, "shani"},
                                            {kernel::avx2, "avx2"},
                                            {kernel::avx512, "avx512"}}};

#if defined(__x86_64__)
bool has_sha_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned sha_bit = 1U << 29;  // CPUID.(7, 0):EBX.SHA
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & sha_bit) != 0 &&
         __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
}

/// The vector ones include the operating system's consent (XGETBV).
bool can_run(kernel which) {
  switch (which) {
    case kernel::portable: return true;
    case kernel::shani: return has_sha_instructions();
    case kernel::avx2: return __builtin_cpu_supports("avx2");
    case kernel::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  }
  return false;
}

// One kernel alone, so that a test that forces it sees nothing else.
constexpr std::array<engine, 1> portable_alone{{{1, 1, compress_portable_x1}}};
constexpr std::array<engine, 2> shani_alone{{{2, 2, compress_shani_x2}, {1, 1, compress_shani_x1}}};
constexpr std::array<engine, 1> avx2_alone{{{8, 1, compress_avx2_x8}}};
constexpr std::array<engine, 1> avx512_alone{{{16, 1, compress_avx512_x16}}};
// Automatic: a set of lanes that is mostly idle goes to a narrower kernel (bench/README.md).
constexpr std::array<engine, 3> avx512_and_shani{
    {{16, 10, compress_avx512_x16}, {2, 2, compress_shani_x2}, {1, 1, compress_shani_x1}}};
constexpr std::array<engine, 2> avx2_and_portable{
    {{8, 3, compress_avx2_x8}, {1, 1, compress_portable_x1}}};

std::span<const engine> engines_of(kernel which) {
  switch (which) {
    case kernel::portable: return portable_alone;
    case kernel::shani: return shani_alone;
    case kernel::avx2: return avx2_alone;
    case kernel::avx512: return avx512_alone;
  }
  return portable_alone;
}

std::span<const engine> engines_for_automatic(kernel fastest) {
  switch (fastest) {
    case kernel::portable: return portable_alone;
    case kernel::shani: return shani_alone;
    case kernel::avx2: return avx2_and_portable;
    case kernel::avx512:
      if (can_run(kernel::shani)) { return avx512_and_shani; }
      return avx512_alone;
  }
  return portable_alone;
}
#else
constexpr std::array<engine, 1> portable_alone{{{1, 1, compress_portable_x1}}};
bool can_run(kernel which) { return which == kernel::portable; }
std::span<const engine> engines_of(kernel) { return portable_alone; }
std::span<const engine> engines_for_automatic(kernel) { return portable_alone; }
#endif

/// What suits this processor, found once.
struct automatic_choice {
  kernel fastest = kernel::portable;
  std::span<const engine> engines;
};

const automatic_choice& automatic() {
  static const automatic_choice chosen = [] {
    const kernel fastest = available_kernels().back();
    return automatic_choice{fastest, engines_for_automatic(fastest)};
  }();
  return chosen;
}

constexpr int nothing_forced = -1;
std::atomic<int> forced{nothing_forced};

}  // namespace

std::string_view name_of(kernel which) noexcept {
  for (const kernel_name& each : names) {
    if (each.which == which) { return each.name; }
  }
  return "unknown";
}

std::optional<kernel> kernel_named(std::string_view name) noexcept {
  for (const kernel_name& each : names) {
    if (each.name == name) { return each.which; }
  }
  return std::nullopt;
}

std::vector<kernel> available_kernels() {
  std::vector<kernel> found;
  for (const kernel each : {kernel::portable, kernel::avx2, kernel::shani, kernel::avx512}) {
    if (can_run(each)) { found.push_back(each); }
  }
  return found;
}

kernel kernel_in_use() noexcept {
  const int given = forced.load(std::memory_order_relaxed);
  return given == nothing_forced ? automatic().fastest : static_cast<kernel>(given);
}

bool force(std::optional<kernel> which) noexcept {
  if (which && !can_run(*which)) { return false; }
  forced.store(which ? static_cast<int>(*which) : nothing_forced, std::memory_order_relaxed);
  return true;
}

void hash_messages(std::span<const message> messages) {
  const int given = forced.load(std::memory_order_relaxed);
  hash_messages(messages, given == nothing_forced ? automatic().engines
                                                  : engines_of(static_cast<kernel>(given)));
}

}  // namespace sluice::hashing
