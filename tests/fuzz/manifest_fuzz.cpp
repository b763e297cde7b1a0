#include <cstddef>
#include <cstdint>

#include "model/manifest.hpp"

using namespace sluice;
using namespace sluice::model;

namespace {

struct outcome {
  std::optional<error> failure;
  manifest_header header;
  std::vector<manifest_entry> entries;
  bool operator==(const outcome&) const = default;
};

/// Feeds `text` in chunks whose lengths come from `seed`; 0 feeds it whole.
outcome parsed(std::string_view text, std::uint64_t seed) {
  outcome made;
  manifest_parser parser;
  seeded_random random(seed);
  while (!text.empty() && !made.failure) {
    const std::size_t length = seed == 0 ? text.size() : random() % 64 + 1;
    const std::string_view chunk = text.substr(0, length);
    auto fed = parser.feed(chunk, made.entries);
    if (!fed) { made.failure = fed.error(); }
    text.remove_prefix(chunk.size());
  }
  auto finished = parser.finish();
  SLUICE_CHECK(!made.failure || (!finished && finished.error() == *made.failure));
  if (!finished) { made.failure = finished.error(); }
  made.header = parser.header();
  return made;
}

}  // namespace

// What is accepted has one spelling, every line of it stands alone, and chunks do not matter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const outcome whole = parsed(text, 0);
  SLUICE_CHECK(whole == parsed(text, 1 + size));
  if (whole.failure) { return 0; }

  SLUICE_CHECK(print_manifest({whole.header, whole.entries}) == text);
  for (const manifest_entry& entry : whole.entries) {
    SLUICE_CHECK(!path_fault(entry.path));
    std::string line = manifest_printer::print_entry(entry);
    line.pop_back();
    auto alone = parse_manifest_entry(line);
    SLUICE_CHECK(alone && *alone == entry);
  }
  return 0;
}
