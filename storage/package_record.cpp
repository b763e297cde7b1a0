#include "storage/package_record.hpp"

#include <array>
#include <charconv>

namespace sluice::storage {

namespace {

constexpr std::string_view first_word = "sluice-package ";
constexpr std::string_view format_number = "1";
constexpr std::uint8_t all_users = static_cast<std::uint8_t>(library_user::site) |
                                   static_cast<std::uint8_t>(library_user::distribution_point);

/// The text up to the next LF; empty when there is none. Takes it from `rest`.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) { return {}; }
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

template <typename Number>
bool parse_number(std::string_view text, Number& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  const bool canonical = text.size() == 1 || (!text.empty() && text.front() != '0');
  return failed == std::errc{} && end == text.data() + text.size() && canonical;
}

bool parse_content(std::string_view line, catalogue_entry& into) {
  std::array<std::string_view, 7> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t space = line.find(' ');
    if ((space == std::string_view::npos) != (i + 1 == words.size())) { return false; }
    words[i] = line.substr(0, space);
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  std::uint64_t manifest_size = 0;
  std::uint64_t bytes = 0;
  const auto hash = model::digest::parse(words[3]);
  if (words[0] != "content" || !hash || !parse_number(words[1], into.content.version) ||
      !parse_number(words[2], into.users) || !parse_number(words[4], manifest_size) ||
      !parse_number(words[5], bytes) || !parse_number(words[6], into.files)) {
    return false;
  }
  into.manifest_hash = *hash;
  into.manifest_size = model::byte_count{manifest_size};
  into.bytes = model::byte_count{bytes};
  return into.content.version > 0 && into.users > 0 && (into.users & ~all_users) == 0;
}

}  // namespace

std::string print_package_record(const model::package_id& package,
                                 const std::vector<catalogue_entry>& contents) {
  std::string text = format("{}{}\npackage {}\n", first_word, format_number, package.text());
  for (const catalogue_entry& entry : contents) {
    text += format("content {} {} {} {} {} {}\n", entry.content.version, entry.users,
                   entry.manifest_hash.hex(), model::raw(entry.manifest_size),
                   model::raw(entry.bytes), entry.files);
  }
  return text;
}

result<std::vector<catalogue_entry>> parse_package_record(const model::package_id& package,
                                                          std::string_view text) {
  const auto wrong = [&](errc code, std::string_view why) {
    return error{code, 0, format("read the package record of {}: {}", package.text(), why)};
  };
  const std::string_view first = take_line(text);
  if (!first.starts_with(first_word)) {
    return wrong(errc::corrupt, "it does not begin with 'sluice-package'");
  }
  if (first.substr(first_word.size()) != format_number) {
    return wrong(errc::incompatible,
                 format("its format is {}, this release reads {}",
                        escaped(first.substr(first_word.size())), format_number));
  }
  if (take_line(text) != format("package {}", package.text())) {
    return wrong(errc::corrupt, "it is another package's");
  }
  std::vector<catalogue_entry> contents;
  while (!text.empty()) {
    catalogue_entry entry;
    entry.content.package = package;
    if (!parse_content(take_line(text), entry)) {
      return wrong(errc::corrupt, format("content line {} is damaged", contents.size() + 1));
    }
    if (!contents.empty() && contents.back().content >= entry.content) {
      return wrong(errc::corrupt, "its versions do not ascend");
    }
    contents.push_back(entry);
  }
  return contents;
}

}  // namespace sluice::storage
