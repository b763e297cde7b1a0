#include "http/content_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "http/message_head.hpp"

namespace sluice::http {

namespace {

constexpr std::string_view octets = "application/octet-stream";
constexpr std::string_view plain = "text/plain; charset=utf-8";

constexpr std::array<std::pair<std::string_view, std::string_view>, 26> types{{
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"log", plain},
    {"md", plain},
    {"mp4", "video/mp4"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"toml", plain},
    {"txt", plain},
    {"wasm", "application/wasm"},
    {"webp", "image/webp"},
    {"xml", "application/xml"},
    {"yaml", plain},
    {"yml", plain},
    {"zip", "application/zip"},
}};

}  // namespace

std::string_view content_type(std::string_view path, model::entry_kind kind) noexcept {
  if (kind == model::entry_kind::executable) { return octets; }
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) { return octets; }
  const std::string_view extension = name.substr(dot + 1);
  const auto* const known = std::find_if(types.begin(), types.end(), [&](const auto& type) {
    return same_token(type.first, extension);
  });
  return known == types.end() ? octets : known->second;
}

}  // namespace sluice::http
