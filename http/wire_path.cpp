#include "http/wire_path.hpp"

#include "base/base.hpp"

namespace sluice::http {

namespace {

int digit_of(char letter) noexcept {
  if (letter >= '0' && letter <= '9') { return letter - '0'; }
  if (letter >= 'a' && letter <= 'f') { return letter - 'a' + 10; }
  if (letter >= 'A' && letter <= 'F') { return letter - 'A' + 10; }
  return -1;
}

bool unreserved(char letter) noexcept {
  const bool word = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                    (letter >= 'A' && letter <= 'Z');
  return word || letter == '-' || letter == '.' || letter == '_' || letter == '~';
}

/// No client may climb, whatever it takes for a separator.
bool climbs(std::string_view segment) noexcept {
  while (true) {
    const std::size_t backslash = segment.find('\\');
    const std::string_view part = segment.substr(0, backslash);
    if (part == "." || part == "..") { return true; }
    if (backslash == std::string_view::npos) { return false; }
    segment.remove_prefix(backslash + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view encoded) {
  std::string text;
  text.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      text += encoded[i];
      continue;
    }
    if (encoded.size() - i < 3) { return std::nullopt; }
    const int high = digit_of(encoded[i + 1]);
    const int low = digit_of(encoded[i + 2]);
    if (high < 0 || low < 0) { return std::nullopt; }
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return text;
}

std::optional<wire_path> parse_wire_path(std::string_view encoded) {
  wire_path parsed;
  if (encoded.empty()) { return wire_path{"", true}; }
  if (encoded.ends_with('/')) {
    parsed.folder = true;
    encoded.remove_suffix(1);
    if (encoded.empty()) { return std::nullopt; }
  }
  while (true) {
    const std::size_t slash = encoded.find('/');
    const std::string_view raw = encoded.substr(0, slash);
    const auto segment = percent_decoded(raw);
    if (!segment || segment->empty() || raw.find('\\') != std::string_view::npos ||
        segment->find('/') != std::string::npos || segment->find('\0') != std::string::npos ||
        climbs(*segment) || !is_utf8(*segment)) {
      return std::nullopt;
    }
    if (!parsed.path.empty()) { parsed.path += '/'; }
    parsed.path += *segment;
    if (slash == std::string_view::npos) { return parsed; }
    encoded.remove_prefix(slash + 1);
  }
}

std::string encode_path(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(path.size());
  for (const char letter : path) {
    if (unreserved(letter) || letter == '/') {
      encoded += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15U];
  }
  return encoded;
}

}  // namespace sluice::http
