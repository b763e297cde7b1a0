#include "storage/manifest_lines.hpp"

#include <span>

namespace sluice::storage {

namespace {

constexpr std::size_t chunk_size = 64 * limits::kib;
constexpr std::size_t files_per_step = 256;
constexpr std::string_view last_header_key = "bytes ";

io::task<result<void>> read_more(line_reader& reader) {
  const std::size_t had = reader.text.size();
  reader.text.resize(had + chunk_size);
  const auto room = std::as_writable_bytes(std::span(reader.text)).subspan(had);
  auto length = co_await reader.from.read(room, reader.offset + had);
  if (!length) { co_return length.error(); }
  reader.text.resize(had + *length);
  reader.end = *length < chunk_size;
  co_return result<void>();
}

}  // namespace

result<std::optional<listed_file>> line_reader::next() {
  std::size_t begun = 0;
  std::optional<listed_file> found;
  while (!found) {
    const std::size_t stop = text.find('\n', begun);
    if (stop == std::string::npos) { break; }
    const std::string_view line = std::string_view(text).substr(begun, stop - begun);
    begun = stop + 1;
    if (in_header) {
      in_header = !line.starts_with(last_header_key);
      continue;
    }
    auto entry = model::parse_manifest_entry(line);
    if (!entry) { return entry.error(); }
    if (entry->is_file()) { found = listed_file{entry->file, offset + begun}; }
  }
  text.erase(0, begun);
  offset += begun;
  return found;
}

io::task<result<std::vector<listed_file>>> read_files(line_reader& reader, std::uint64_t until) {
  std::vector<listed_file> files;
  while (files.size() < files_per_step && reader.offset < until) {
    auto next = reader.next();
    if (!next) { co_return next.error(); }
    if (*next) {
      if ((*next)->end > until) { break; }
      files.push_back(**next);
      continue;
    }
    if (reader.end) { break; }
    auto more = co_await read_more(reader);
    if (!more) { co_return more.error(); }
  }
  co_return files;
}

}  // namespace sluice::storage
