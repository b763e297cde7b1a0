#include "base/escape.hpp"

#include <cstddef>

namespace sluice {

namespace {

/// The length of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  if (text.empty()) { return 0; }
  const unsigned first = byte(0);
  if (first < 0x80) { return 1; }
  if (first >= 0xC2 && first <= 0xDF) { return tail(1) ? 2 : 0; }
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2)) { return 0; }
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) { return 0; }
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

void append_hex(std::string& out, char letter) {
  static constexpr char digits[] = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(letter);
  out += "\\x";
  out += digits[value >> 4];
  out += digits[value & 15];
}

}  // namespace

std::string escaped(std::string_view text, std::size_t bytes_max) {
  std::string out;
  const bool cut = text.size() > bytes_max;
  if (cut) { text = text.substr(0, bytes_max); }
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    // U+0080..U+009F are control characters too (C2 80..C2 9F).
    const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (length == 0 || first < 0x20 || first == 0x7F || c1) {
      append_hex(out, text.front());
      text.remove_prefix(1);
    } else if (first == '\\') {
      out += "\\\\";
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  if (cut) { out += "..."; }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) { return false; }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace sluice
