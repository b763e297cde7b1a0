#include "http/byte_range.hpp"

#include <algorithm>
#include <charconv>

#include "http/message_head.hpp"

namespace sluice::http {

namespace {

/// One range-spec, before it meets the size.
struct range_spec {
  std::optional<std::uint64_t> first;  // none: a suffix
  std::optional<std::uint64_t> last;   // none: to the end; of a suffix: its length
};

std::optional<range_spec> parse_spec(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) { return std::nullopt; }
  const std::string_view left = text.substr(0, dash);
  const std::string_view right = text.substr(dash + 1);
  range_spec spec;
  if (!left.empty()) {
    spec.first = parse_decimal(left);
    if (!spec.first) { return std::nullopt; }
  }
  if (!right.empty()) {
    spec.last = parse_decimal(right);
    if (!spec.last) { return std::nullopt; }
  }
  if (!spec.first && !spec.last) { return std::nullopt; }
  if (spec.first && spec.last && *spec.last < *spec.first) { return std::nullopt; }
  return spec;
}

std::optional<byte_range> within(const range_spec& spec, std::uint64_t size) {
  if (!spec.first) {
    const std::uint64_t length = std::min(*spec.last, size);
    if (length == 0) { return std::nullopt; }
    return byte_range{size - length, length};
  }
  if (*spec.first >= size) { return std::nullopt; }
  const std::uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
  return byte_range{*spec.first, last - *spec.first + 1};
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failure] = std::from_chars(digits.data(), end, value);
  if (failure != std::errc() || stopped != end || digits.empty()) { return std::nullopt; }
  return value;
}

range_request parse_range(std::string_view field, std::uint64_t size) {
  range_request request;
  const std::size_t equals = field.find('=');
  if (field.empty() || equals == std::string_view::npos ||
      !same_token(without_spaces(field.substr(0, equals)), "bytes")) {
    return request;
  }
  request.asked = range_request::kind::unsatisfiable;
  std::vector<byte_range> ranges;
  std::string_view rest = field.substr(equals + 1);
  std::uint32_t specs = 0;
  while (true) {
    const std::size_t comma = rest.find(',');
    const auto spec = parse_spec(without_spaces(rest.substr(0, comma)));
    if (!spec || ++specs > limits::http_ranges_per_request_max) { return request; }
    if (const auto range = within(*spec, size)) {
      if (!ranges.empty() && range->offset < ranges.back().offset + ranges.back().length) {
        return request;
      }
      ranges.push_back(*range);
    }
    if (comma == std::string_view::npos) { break; }
    rest.remove_prefix(comma + 1);
  }
  if (ranges.empty()) { return request; }
  request.asked = range_request::kind::partial;
  request.ranges = std::move(ranges);
  return request;
}

std::string print_content_range(const byte_range& range, std::uint64_t size) {
  return format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, size);
}

std::optional<content_range> parse_content_range(std::string_view field) {
  constexpr std::string_view unit = "bytes ";
  field = without_spaces(field);
  if (field.size() < unit.size() || !same_token(field.substr(0, unit.size()), unit)) {
    return std::nullopt;
  }
  field.remove_prefix(unit.size());
  const std::size_t slash = field.find('/');
  if (slash == std::string_view::npos) { return std::nullopt; }
  const std::string_view span = field.substr(0, slash);
  const std::string_view total = field.substr(slash + 1);
  content_range parsed;
  if (total != "*") {
    parsed.size = parse_decimal(total);
    if (!parsed.size) { return std::nullopt; }
  }
  if (span == "*") { return parsed.size ? std::optional(parsed) : std::nullopt; }
  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) { return std::nullopt; }
  const auto first = parse_decimal(span.substr(0, dash));
  const auto last = parse_decimal(span.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX) { return std::nullopt; }
  if (parsed.size && *last >= *parsed.size) { return std::nullopt; }
  parsed.range = byte_range{*first, *last - *first + 1};
  return parsed;
}

}  // namespace sluice::http
