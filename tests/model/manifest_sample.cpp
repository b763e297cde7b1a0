#include "tests/model/manifest_sample.hpp"

#include <array>

namespace sluice::model::sample {

void seal(manifest& whole) {
  whole.header.entries = static_cast<std::uint32_t>(whole.entries.size());
  whole.header.files = 0;
  std::uint64_t bytes = 0;
  for (const manifest_entry& entry : whole.entries) {
    whole.header.files += entry.is_file() ? 1 : 0;
    bytes += raw(entry.file.size);
  }
  whole.header.bytes = byte_count{bytes};
}

manifest every_kind() {
  const digest root = *digest::parse("3fa9" + std::string(60, '0'));
  manifest whole;
  whole.header.content = *content_id::parse("PKG00012.3");
  whole.entries = {
      {entry_kind::file, " leading and trailing ", {root, byte_count{1}}, {}},
      {entry_kind::folder, "bin", {}, {}},
      {entry_kind::file, "bin-notes", {root, byte_count{1048577}}, {}},
      {entry_kind::executable, "bin/tool", {root, byte_count{1048577}}, {}},
      {entry_kind::file, "empty", {*digest::parse(empty_digest), byte_count{0}}, {}},
      {entry_kind::link, "lib/a link", {}, "../bin/100%"},
      {entry_kind::folder, "only/this/one", {}, {}},
      {entry_kind::file, "tab\tand\nnew line", {root, byte_count{7}}, {}},
      {entry_kind::file, "\xC3\xBC\xF0\x9F\x99\x82", {root, byte_count{9}}, {}},
  };
  seal(whole);
  return whole;
}

std::string random_name(seeded_random& random) {
  static constexpr std::array<std::string_view, 20> parts{"a",
                                                          "b",
                                                          "-",
                                                          " ",
                                                          "%",
                                                          "~",
                                                          "\t",
                                                          "\n",
                                                          "+",
                                                          "0",
                                                          "\\",
                                                          "#",
                                                          "ab",
                                                          "..x",
                                                          "?",
                                                          "\xC3\xA9",
                                                          "\xF0\x9F\x99\x82",
                                                          "\x7F",
                                                          ":",
                                                          "\""};
  std::string name;
  const std::size_t count = random() % 4 + 1;
  for (std::size_t i = 0; i < count; ++i) { name += parts[random() % parts.size()]; }
  return name;
}

manifest_entry random_entry(const std::string& path, seeded_random& random) {
  manifest_entry entry;
  entry.path = path;
  static constexpr std::array kinds{entry_kind::file, entry_kind::executable, entry_kind::folder,
                                    entry_kind::link};
  entry.kind = kinds[random() % kinds.size()];
  if (entry.kind == entry_kind::link) { entry.link_target = random_name(random); }
  if (entry.is_file()) {
    entry.file.size = byte_count{random() % 3 == 0 ? 0 : random() >> (8 + random() % 56)};
    for (std::byte& one : entry.file.digest.bytes) { one = static_cast<std::byte>(random()); }
    if (raw(entry.file.size) == 0) { entry.file.digest = *digest::parse(empty_digest); }
  }
  return entry;
}

}  // namespace sluice::model::sample
