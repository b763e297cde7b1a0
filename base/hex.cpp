#include "base/hex.hpp"

namespace sluice {

namespace {

int digit_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') { return digit - '0'; }
  if (digit >= 'a' && digit <= 'f') { return digit - 'a' + 10; }
  return -1;
}

}  // namespace

std::string to_hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto value = std::to_integer<unsigned>(bytes[i]);
    text[2 * i] = digits[value >> 4];
    text[2 * i + 1] = digits[value & 15];
  }
  return text;
}

bool from_hex(std::string_view text, std::span<std::byte> into) noexcept {
  if (text.size() != into.size() * 2) { return false; }
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) { return false; }
    into[i] = static_cast<std::byte>(high * 16 + low);
  }
  return true;
}

}  // namespace sluice
