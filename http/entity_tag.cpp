#include "http/entity_tag.hpp"

#include "http/message_head.hpp"

namespace sluice::http {

std::string entity_tag(const model::file_id& file) {
  return format("\"{}-{}\"", file.digest.hex(), model::raw(file.size));
}

bool none_match_has(std::string_view field, std::string_view tag) noexcept {
  field = without_spaces(field);
  if (field == "*") { return true; }
  // Our tags hold neither commas nor quotes, so that a list may be cut at its commas.
  while (!field.empty()) {
    const std::size_t comma = field.find(',');
    std::string_view one = without_spaces(field.substr(0, comma));
    if (one.starts_with("W/")) { one.remove_prefix(2); }
    if (one == tag) { return true; }
    if (comma == std::string_view::npos) { break; }
    field.remove_prefix(comma + 1);
  }
  return false;
}

bool if_range_holds(std::string_view field, std::string_view tag) noexcept {
  field = without_spaces(field);
  return field.empty() || field == tag;
}

}  // namespace sluice::http
