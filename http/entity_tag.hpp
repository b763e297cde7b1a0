#pragma once

#include <string>
#include <string_view>

#include "model/model.hpp"

namespace sluice::http {

/// The strong entity tag of a file's bytes: "<digest>-<size>", quotes included.
std::string entity_tag(const model::file_id& file);

/// If-None-Match (RFC 9110 13.1.2, weak comparison): true when `tag` is among those the client has.
[[nodiscard]] bool none_match_has(std::string_view field, std::string_view tag) noexcept;

/// If-Range (RFC 9110 13.1.5, strong comparison): true when the Range field still holds. A date
/// never matches: files here have none.
[[nodiscard]] bool if_range_holds(std::string_view field, std::string_view tag) noexcept;

}  // namespace sluice::http
