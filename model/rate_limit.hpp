#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/base.hpp"

namespace sluice::model {

/// How fast content is sent to a standard distribution point (features F3 to F6).
struct rate_limit {
  enum class kind : std::uint8_t {
    unlimited,
    bits,    ///< at most so many bits a second
    pulse,   ///< a block of KiB, then a pause
    hourly,  ///< a share of the time, by the hour of the day; the share of the link is not known
  };
  kind of = kind::unlimited;
  std::uint64_t bits_per_second = 0;
  std::uint32_t block_kib = 0;
  std::uint32_t pause_seconds = 0;
  std::array<std::uint8_t, 24> percent{};
  bool operator==(const rate_limit&) const = default;
};

/// "unlimited", "20Mbit/s" (also kbit/s and Gbit/s), "pulse 256KB 5s", or "hourly 100" and
/// "hourly" with 24 percentages separated by commas, midnight first. `invalid` names the fault.
result<rate_limit> parse_rate_limit(std::string_view text);
/// The same limit in the same words.
std::string text_of(const rate_limit& limit);

/// When the next bytes may leave. All connections to one distribution point share one: a limit
/// holds for their sum. No clock: `now` is any steady time.
class pacing {
public:
  explicit pacing(rate_limit limit) : limit_(limit) {}

  /// How long `bytes`, at most `slice_bytes`, have to wait. After zero they count as sent;
  /// otherwise they ask again after so long. `hour` is that of the day over there.
  std::chrono::nanoseconds ask(std::uint64_t bytes, std::chrono::nanoseconds now,
                               std::uint32_t hour);
  /// What is asked for at once: small enough that a rate is even over a tenth of a second.
  [[nodiscard]] std::uint64_t slice_bytes() const noexcept;
  [[nodiscard]] bool is_unlimited() const noexcept {
    return limit_.of == rate_limit::kind::unlimited;
  }
  /// For what is asked from now on.
  void change(rate_limit limit) noexcept;

private:
  rate_limit limit_;
  std::chrono::nanoseconds free_at_{0};  ///< bits: when what was sent is paid for
  std::uint64_t left_in_block_ = 0;      ///< pulse
};

}  // namespace sluice::model
