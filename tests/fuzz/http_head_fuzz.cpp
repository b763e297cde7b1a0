#include <cstddef>
#include <cstdint>

#include "http/byte_range.hpp"
#include "http/content_target.hpp"
#include "http/entity_tag.hpp"
#include "http/message_head.hpp"
#include "http/wire_path.hpp"

using namespace sluice;
using namespace sluice::http;

namespace {

void check_path(const wire_path& path) {
  for (const std::string_view climb : {"/../", "/./", "//"}) {
    SLUICE_CHECK(("/" + path.path + "/").find(climb) == std::string::npos || path.path.empty());
  }
  SLUICE_CHECK(path.path.find('\0') == std::string::npos);
  SLUICE_CHECK(is_utf8(path.path));
  const auto again = parse_wire_path(encode_path(path.path));
  SLUICE_CHECK(again && again->path == path.path);
}

void check_ranges(std::string_view field, std::uint64_t size) {
  const range_request request = parse_range(field, size);
  SLUICE_CHECK((request.asked == range_request::kind::partial) == !request.ranges.empty());
  SLUICE_CHECK(request.ranges.size() <= limits::http_ranges_per_request_max);
  std::uint64_t end = 0;
  for (const byte_range& range : request.ranges) {
    SLUICE_CHECK(range.length > 0 && range.offset >= end);
    SLUICE_CHECK(range.offset < size && range.length <= size - range.offset);
    end = range.offset + range.length;
  }
}

void check_request(std::string_view text) {
  const request_parse whole = parse_request_head(text);
  if (whole.state != head_state::complete) { return; }
  SLUICE_CHECK(whole.consumed <= text.size());
  // What follows a head does not change it, and no shorter text is one.
  SLUICE_CHECK(parse_request_head(text.substr(0, whole.consumed)).head.target == whole.head.target);
  SLUICE_CHECK(parse_request_head(text.substr(0, whole.consumed - 1)).state ==
               head_state::incomplete);
  const auto target = parse_content_target(whole.head.target);
  if (const auto* const path = std::get_if<path_target>(&target)) { check_path(path->path); }
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1000}, UINT64_MAX}) {
    check_ranges(whole.head.range, size);
  }
  static_cast<void>(none_match_has(whole.head.if_none_match, "\"a\""));
}

void check_response(std::string_view text) {
  const response_parse whole = parse_response_head(text);
  if (whole.state != head_state::complete) { return; }
  SLUICE_CHECK(whole.consumed <= text.size());
  const auto range = parse_content_range(whole.head.content_range);
  if (range && range->range && range->size) {
    SLUICE_CHECK(range->range->length <= *range->size - range->range->offset);
  }
}

}  // namespace

// No bytes crash the parsers, and what they accept keeps its promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_request(text);
  check_response(text);
  return 0;
}
