#include "model/ids.hpp"

#include <limits>

#include "model/decimal.hpp"

namespace sluice::model {

namespace {

error not_a(std::string_view what, std::string_view text, std::string_view shape) {
  return {errc::invalid, 0,
          format("take '{}' as a {}, which is {}", escaped(text, 100), what, shape)};
}

bool is_site_letter(char letter) noexcept {
  return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

/// The value of exactly five upper-case hex digits.
std::optional<std::uint32_t> parse_package_number(std::string_view text) noexcept {
  if (text.size() != 5) { return std::nullopt; }
  std::uint32_t number = 0;
  for (const char letter : text) {
    const bool digit = letter >= '0' && letter <= '9';
    if (!digit && (letter < 'A' || letter > 'F')) { return std::nullopt; }
    number = number * 16 + static_cast<std::uint32_t>(digit ? letter - '0' : letter - 'A' + 10);
  }
  return number;
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t largest) noexcept {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) { return std::nullopt; }
  std::uint64_t value = 0;
  for (const char letter : text) {
    if (letter < '0' || letter > '9') { return std::nullopt; }
    const auto digit = static_cast<std::uint64_t>(letter - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) { return std::nullopt; }
    value = value * 10 + digit;
  }
  if (value > largest) { return std::nullopt; }
  return value;
}

result<digest> digest::parse(std::string_view hex) {
  digest made;
  if (!from_hex(hex, made.bytes)) { return not_a("digest", hex, "64 lower-case hex digits"); }
  return made;
}

std::string file_id::text() const { return format("{}.{}", digest.hex(), raw(size)); }

result<file_id> file_id::parse(std::string_view text) {
  static constexpr std::string_view shape =
      "64 lower-case hex digits, a dot, and the size in bytes";
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) { return not_a("file id", text, shape); }
  file_id made;
  const auto size = parse_decimal(text.substr(dot + 1), file_size_max);
  if (!size || !from_hex(text.substr(0, dot), made.digest.bytes)) {
    return not_a("file id", text, shape);
  }
  made.size = byte_count{*size};
  return made;
}

result<site_code> site_code::parse(std::string_view text) {
  site_code made;
  if (text.size() != made.letters.size()) {
    return not_a("site code", text, "three upper-case letters or digits");
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_site_letter(text[i])) {
      return not_a("site code", text, "three upper-case letters or digits");
    }
    made.letters[i] = text[i];
  }
  return made;
}

std::string package_id::text() const { return format("{}{:05X}", site.text(), number); }

result<package_id> package_id::parse(std::string_view text) {
  static constexpr std::string_view shape =
      "a site code of three characters and five upper-case hex digits, such as PKG00012";
  if (text.size() != 8) { return not_a("PackageID", text, shape); }
  const auto site = site_code::parse(text.substr(0, 3));
  const auto number = parse_package_number(text.substr(3));
  if (!site || !number) { return not_a("PackageID", text, shape); }
  return package_id{*site, *number};
}

std::string content_id::text() const { return format("{}.{}", package.text(), version); }

result<content_id> content_id::parse(std::string_view text) {
  static constexpr std::string_view shape =
      "a PackageID, a dot, and a version from 1 on, such as PKG00012.3";
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) { return not_a("content id", text, shape); }
  const auto package = package_id::parse(text.substr(0, dot));
  const auto version =
      parse_decimal(text.substr(dot + 1), std::numeric_limits<std::uint32_t>::max());
  if (!package || !version || *version == 0) { return not_a("content id", text, shape); }
  return content_id{*package, static_cast<std::uint32_t>(*version)};
}

}  // namespace sluice::model
