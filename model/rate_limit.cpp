#include "model/rate_limit.hpp"

#include <algorithm>

#include "model/decimal.hpp"

namespace sluice::model {

namespace {

constexpr std::uint64_t bits_max = 400'000'000'000;
constexpr std::uint32_t block_kib_max = 1'048'576;
constexpr std::uint32_t pause_max = 3600;
constexpr std::uint64_t slice_min = 4 * limits::kib;
constexpr std::uint64_t slice_max = 256 * limits::kib;
/// Of which a share is for sending.
constexpr auto hourly_period = std::chrono::seconds(10);

constexpr std::string_view hourly_fault =
    "hours have one or 24 percentages from 1 to 100 (a schedule closes hours)";

error refused(std::string_view text, std::string_view why) {
  return {errc::invalid, 0,
          format("use \"{}\" as a rate limit: {}; write unlimited, 20Mbit/s, pulse 256KB 5s, or "
                 "hourly with one or 24 percentages",
                 escaped(text, 200), why)};
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) { return false; }
  text.remove_suffix(suffix.size());
  return true;
}

result<rate_limit> parse_bits(std::string_view text) {
  std::string_view digits = text;
  std::uint64_t unit = 1;
  if (take_suffix(digits, "Gbit/s")) {
    unit = 1'000'000'000;
  } else if (take_suffix(digits, "Mbit/s")) {
    unit = 1'000'000;
  } else if (take_suffix(digits, "kbit/s")) {
    unit = 1'000;
  } else if (!take_suffix(digits, "bit/s")) {
    return refused(text, "it is none of these");
  }
  const auto number = parse_decimal(digits, bits_max / unit);
  if (!number || *number * unit < 1000) {
    return refused(text, "a rate is a whole number, from 1kbit/s to 400Gbit/s");
  }
  rate_limit made;
  made.of = rate_limit::kind::bits;
  made.bits_per_second = *number * unit;
  return made;
}

result<rate_limit> parse_pulse(std::string_view text, std::string_view rest) {
  const std::size_t space = rest.find(' ');
  std::string_view block = rest.substr(0, space);
  std::string_view pause = space == std::string_view::npos ? "" : rest.substr(space + 1);
  const bool named = take_suffix(block, "KB") && take_suffix(pause, "s");
  const auto kib = parse_decimal(block, block_kib_max);
  const auto seconds = parse_decimal(pause, pause_max);
  if (!named || !kib || *kib == 0 || !seconds || *seconds == 0) {
    return refused(text, format("a pulse is a block of 1 to {} KB and a pause of 1 to {} s",
                                block_kib_max, pause_max));
  }
  rate_limit made;
  made.of = rate_limit::kind::pulse;
  made.block_kib = static_cast<std::uint32_t>(*kib);
  made.pause_seconds = static_cast<std::uint32_t>(*seconds);
  return made;
}

result<rate_limit> parse_hourly(std::string_view text, std::string_view rest) {
  rate_limit made;
  made.of = rate_limit::kind::hourly;
  std::size_t count = 0;
  while (true) {
    const std::size_t comma = rest.find(',');
    const auto percent = parse_decimal(rest.substr(0, comma), 100);
    if (!percent || *percent == 0 || count == made.percent.size()) {
      return refused(text, hourly_fault);
    }
    made.percent[count++] = static_cast<std::uint8_t>(*percent);
    if (comma == std::string_view::npos) { break; }
    rest.remove_prefix(comma + 1);
  }
  if (count == 1) { made.percent.fill(made.percent.front()); }
  if (count != 1 && count != made.percent.size()) { return refused(text, hourly_fault); }
  return made;
}

std::string text_of_bits(std::uint64_t bits) {
  if (bits % 1'000'000'000 == 0) { return format("{}Gbit/s", bits / 1'000'000'000); }
  if (bits % 1'000'000 == 0) { return format("{}Mbit/s", bits / 1'000'000); }
  if (bits % 1'000 == 0) { return format("{}kbit/s", bits / 1'000); }
  return format("{}bit/s", bits);
}

std::string text_of_hours(const std::array<std::uint8_t, 24>& percent) {
  const bool equal = std::all_of(percent.begin(), percent.end(),
                                 [&](auto each) { return each == percent.front(); });
  std::string text = format("hourly {}", percent.front());
  for (std::size_t hour = 1; !equal && hour < percent.size(); ++hour) {
    text += format(",{}", percent[hour]);
  }
  return text;
}

}  // namespace

result<rate_limit> parse_rate_limit(std::string_view text) {
  constexpr std::string_view pulse = "pulse ";
  constexpr std::string_view hourly = "hourly ";
  if (text == "unlimited") { return rate_limit{}; }
  if (text.starts_with(pulse)) { return parse_pulse(text, text.substr(pulse.size())); }
  if (text.starts_with(hourly)) { return parse_hourly(text, text.substr(hourly.size())); }
  return parse_bits(text);
}

std::string text_of(const rate_limit& limit) {
  switch (limit.of) {
    case rate_limit::kind::unlimited: return "unlimited";
    case rate_limit::kind::bits: return text_of_bits(limit.bits_per_second);
    case rate_limit::kind::pulse:
      return format("pulse {}KB {}s", limit.block_kib, limit.pause_seconds);
    case rate_limit::kind::hourly: return text_of_hours(limit.percent);
  }
  return "unknown";
}

void pacing::change(rate_limit limit) noexcept {
  limit_ = limit;
  left_in_block_ = 0;
  free_at_ = std::chrono::nanoseconds(0);
}

std::uint64_t pacing::slice_bytes() const noexcept {
  switch (limit_.of) {
    case rate_limit::kind::unlimited: return UINT64_MAX;
    case rate_limit::kind::bits:
      return std::clamp(limit_.bits_per_second / 8 / 10, slice_min, slice_max);
    case rate_limit::kind::pulse:
      return std::min<std::uint64_t>(
          left_in_block_ > 0 ? left_in_block_ : limit_.block_kib * limits::kib, slice_max);
    case rate_limit::kind::hourly: return slice_max;
  }
  return slice_max;
}

std::chrono::nanoseconds pacing::ask(std::uint64_t bytes, std::chrono::nanoseconds now,
                                     std::uint32_t hour) {
  using std::chrono::nanoseconds;
  constexpr nanoseconds at_once{0};
  switch (limit_.of) {
    case rate_limit::kind::unlimited: return at_once;
    case rate_limit::kind::bits: {
      if (now < free_at_) { return free_at_ - now; }
      const double seconds =
          static_cast<double>(bytes) * 8 / static_cast<double>(limit_.bits_per_second);
      // A little of what a late asker did not use is made up for, so that the rate is met.
      const nanoseconds from = std::max(free_at_, now - std::chrono::milliseconds(20));
      free_at_ = from + nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
      return at_once;
    }
    case rate_limit::kind::pulse: {
      if (left_in_block_ == 0) {
        if (now < free_at_) { return free_at_ - now; }
        left_in_block_ = limit_.block_kib * limits::kib;
      }
      left_in_block_ -= std::min(left_in_block_, bytes);
      if (left_in_block_ == 0) { free_at_ = now + std::chrono::seconds(limit_.pause_seconds); }
      return at_once;
    }
    case rate_limit::kind::hourly: {
      const std::uint32_t share = limit_.percent[hour % limit_.percent.size()];
      const nanoseconds period = hourly_period;
      const nanoseconds into = now % period;
      return into < period * share / 100 ? at_once : period - into;
    }
  }
  return at_once;
}

}  // namespace sluice::model
