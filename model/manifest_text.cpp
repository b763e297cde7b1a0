#include "model/manifest_text.hpp"

#include <array>
#include <limits>

#include "model/decimal.hpp"

namespace sluice::model {

namespace {

constexpr std::string_view empty_file_digest =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

error fault(std::string text, errc code = errc::corrupt) { return {code, 0, std::move(text)}; }

constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (unsigned letter = 'a'; letter <= 'z'; ++letter) { plain[letter] = true; }
  for (unsigned letter = 'A'; letter <= 'Z'; ++letter) { plain[letter] = true; }
  for (unsigned letter = '0'; letter <= '9'; ++letter) { plain[letter] = true; }
  for (const char letter : {'-', '.', '_', '~', '/'}) {
    plain[static_cast<unsigned char>(letter)] = true;
  }
  return plain;
}();

bool is_plain(char letter) noexcept { return plain_bytes[static_cast<unsigned char>(letter)]; }

constexpr std::string_view upper_hex = "0123456789ABCDEF";

/// The bytes behind the only encoding of them; nothing when `text` is another encoding.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) { ++plain; }
    bytes += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) { break; }

    if (text.front() != '%' || text.size() < 3) { return std::nullopt; }
    const std::size_t high = upper_hex.find(text[1]);
    const std::size_t low = upper_hex.find(text[2]);
    if (high == std::string_view::npos || low == std::string_view::npos) { return std::nullopt; }
    const char byte = static_cast<char>(high * 16 + low);
    if (is_plain(byte)) { return std::nullopt; }
    bytes += byte;
    text.remove_prefix(3);
  }
  return bytes;
}

/// Cuts the text before the first space off `rest`; all of it when there is none.
std::string_view next_word(std::string_view& rest) noexcept {
  const std::size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  return word;
}

result<void> read_file_words(std::string_view& rest, manifest_entry& entry) {
  const auto size = parse_decimal(next_word(rest), file_size_max);
  if (!size) { return fault("the size is not a number from 0 to 2^63-1 without leading zeros"); }
  entry.file.size = byte_count{*size};
  const std::string_view hex = next_word(rest);
  if (!from_hex(hex, entry.file.digest.bytes)) {
    return fault("the digest is not 64 lower-case hex digits");
  }
  if (*size == 0 && hex != empty_file_digest) {
    return fault("an empty file has the SHA-256 of nothing as its digest");
  }
  return {};
}

/// The text behind `key` and a space; nothing when the line begins otherwise.
std::optional<std::string_view> value_of(std::string_view line, std::string_view key) noexcept {
  if (line.substr(0, key.size()) != key || line.size() <= key.size() || line[key.size()] != ' ') {
    return std::nullopt;
  }
  return line.substr(key.size() + 1);
}

result<void> read_magic(std::string_view line) {
  if (line.substr(0, manifest_magic.size()) != manifest_magic) {
    return fault("it does not begin with 'sluice-manifest'");
  }
  const std::string_view number = line.substr(manifest_magic.size());
  if (number == manifest_format) { return {}; }
  return fault(format("its format is '{}', this build reads {}; upgrade this node",
                      escaped(number, 32), manifest_format),
               errc::incompatible);
}

result<void> read_identity(std::string_view key, std::string_view value, manifest_header& header) {
  if (key == "site") {
    const auto site = site_code::parse(value);
    if (!site) { return fault("the site is not three upper-case letters or digits"); }
    header.content.package.site = *site;
  } else if (key == "package") {
    const auto package = package_id::parse(value);
    if (!package) { return fault("the package is not a PackageID such as PKG00012"); }
    if (package->site != header.content.package.site) {
      return fault("the package is not one of the site named in the line before");
    }
    header.content.package = *package;
  } else if (value != manifest_algorithm) {
    return fault(format("its algorithm is '{}', this build knows {}", escaped(value, 32),
                        manifest_algorithm),
                 errc::incompatible);
  }
  return {};
}

result<void> read_number(std::string_view key, std::string_view value, manifest_header& header) {
  const auto number = parse_decimal(value, file_size_max);
  if (!number) {
    return fault(format("'{}' is not a number from 0 to 2^63-1 without leading zeros", key));
  }
  if (key == "bytes") {
    header.bytes = byte_count{*number};
    return {};
  }
  if (key == "version") {
    if (*number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
      return fault("the version is not a number from 1 to 2^32-1");
    }
    header.content.version = static_cast<std::uint32_t>(*number);
    return {};
  }
  if (*number > limits::manifest_entries_max) {
    return fault(
        format("it announces {} {}, more than {}", *number, key, limits::manifest_entries_max),
        errc::limit_reached);
  }
  (key == "entries" ? header.entries : header.files) = static_cast<std::uint32_t>(*number);
  return {};
}

}  // namespace

std::string percent_encoded(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char byte : bytes) {
    if (is_plain(byte)) {
      text += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      text += '%';
      text += upper_hex[value >> 4];
      text += upper_hex[value & 15];
    }
  }
  return text;
}

result<void> read_header_line(std::string_view line, std::uint32_t number,
                              manifest_header& header) {
  static constexpr std::array<std::string_view, manifest_header_lines> keys{
      "sluice-manifest", "site", "package", "version", "algorithm", "entries", "files", "bytes"};
  if (number == 0) { return read_magic(line); }
  const std::string_view key = keys[number];
  const auto value = value_of(line, key);
  if (!value) { return fault(format("'{} ...' is expected here", key)); }
  if (key == "site" || key == "package" || key == "algorithm") {
    return read_identity(key, *value, header);
  }
  return read_number(key, *value, header);
}

result<manifest_entry> read_entry_line(std::string_view line) {
  manifest_entry entry;
  std::string_view rest = line;
  const std::string_view kind = next_word(rest);
  if (kind != "f" && kind != "x" && kind != "d" && kind != "l") {
    return fault(format("'{}' is no kind of entry; f, x, d and l are", escaped(kind, 16)));
  }
  entry.kind = static_cast<entry_kind>(kind.front());

  if (entry.is_file()) {
    auto read = read_file_words(rest, entry);
    if (!read) { return read.error(); }
  }
  if (entry.kind == entry_kind::link) {
    auto target = percent_decoded(next_word(rest));
    if (!target) { return fault("the link target is not percent-encoded as it must be"); }
    entry.link_target = std::move(*target);
  }

  auto path = percent_decoded(rest);
  if (!path) { return fault("the path is not percent-encoded as it must be"); }
  if (auto why = path_fault(*path)) { return fault(std::move(*why)); }
  entry.path = std::move(*path);
  if (entry.kind == entry_kind::link && !link_stays_inside(entry.path, entry.link_target)) {
    return fault(format("the link '{}' may leave the tree by its target '{}'",
                        escaped(entry.path, 200), escaped(entry.link_target, 200)));
  }
  return entry;
}

}  // namespace sluice::model
