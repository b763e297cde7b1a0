#pragma once

#include <string_view>

#include "model/model.hpp"

namespace sluice::http {

/// The media type of a file by its name's extension; executables and unknown ones are
/// application/octet-stream.
std::string_view content_type(std::string_view path, model::entry_kind kind) noexcept;

}  // namespace sluice::http
