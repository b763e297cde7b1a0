// The set difference "manifest minus library", page by page.
#include <algorithm>
#include <unordered_set>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"
#include "storage/manifest_lines.hpp"

namespace sluice::storage {

namespace {

/// Empty files are made with the content.
io::task<void> look_all_up(library_state& library, std::vector<listed_file>& files) {
  std::vector<file_lookup> asked;
  for (const listed_file& file : files) {
    if (model::raw(file.file.size) > 0) { asked.push_back({file.file}); }
  }
  co_await look_up(library, asked);
  auto answer = asked.begin();
  for (listed_file& file : files) {
    file.present = true;
    if (model::raw(file.file.size) == 0) { continue; }
    file.present = answer->present;
    file.failed = std::move(answer->failed);
    ++answer;
  }
}

/// True when the page is full. Where it stands then is `page.next`.
bool put(missing_page& page, const listed_file& file, const missing_request& asked,
         std::uint64_t& bytes) {
  page.next.offset = file.end;
  const std::uint64_t size = model::raw(file.file.size);
  const bool wanted = size > 0 && (asked.all || !file.present);
  if (!wanted) {
    ++page.files_present;
    page.bytes_present += size;
    return false;
  }
  if (std::find(page.files.begin(), page.files.end(), file.file) != page.files.end()) {
    return false;
  }
  page.files.push_back(file.file);
  bytes += size;
  return page.files.size() >= asked.files_max || bytes >= asked.bytes_max;
}

io::task<result<missing_page>> walk(library_state& library, io::file& manifest,
                                    missing_request asked) {
  missing_page page;
  page.next = asked.from;
  line_reader reader{manifest, asked.from.offset};
  reader.in_header = asked.from.offset == 0;
  const std::uint64_t until = asked.until ? asked.until->offset : ~std::uint64_t{0};
  std::uint64_t bytes = 0;
  while (true) {
    auto files = co_await read_files(reader, until);
    if (!files) { co_return files.error(); }
    if (files->empty()) { break; }
    if (!asked.all) { co_await look_all_up(library, *files); }
    for (const listed_file& file : *files) {
      if (file.failed) { co_return *file.failed; }
      if (put(page, file, asked, bytes)) { co_return page; }
    }
  }
  page.end = !asked.until;
  if (asked.until) { page.next = *asked.until; }
  co_return page;
}

/// Its blocks are reserved.
bool is_staged(const library_state& library, const model::file_id& file) {
  const auto found = library.places.find(file);
  return found != library.places.end() && found->second.on_disk && !found->second.condemned;
}

io::task<result<std::uint64_t>> add_up(library_state& library, io::file& manifest, bool all) {
  line_reader reader{manifest};
  reader.in_header = true;
  std::unordered_set<model::file_id> absent;
  std::uint64_t bytes = 0;
  std::uint64_t replaced = 0;
  while (true) {
    auto files = co_await read_files(reader, ~std::uint64_t{0});
    if (!files) { co_return files.error(); }
    if (files->empty()) { break; }
    co_await look_all_up(library, *files);
    for (const listed_file& file : *files) {
      if (file.failed) { co_return *file.failed; }
      if (is_staged(library, file.file)) { continue; }
      const std::uint64_t size = model::raw(file.file.size);
      if (file.present) {
        replaced = std::max(replaced, size);
      } else if (absent.insert(file.file).second) {
        bytes += size;
      }
    }
  }
  co_return bytes + (all ? replaced : 0);
}

}  // namespace

io::task<result<std::uint64_t>> content_library::bytes_missing(model::content_id content,
                                                               bool all) {
  auto path = manifest_place(*state_, content);
  if (!path) { co_return path.error(); }
  auto manifest = co_await state_->root.open_file(*path, {});
  if (!manifest) { co_return manifest.error(); }
  auto bytes = co_await add_up(*state_, *manifest, all);
  co_await manifest->close();
  co_return bytes;
}

io::task<result<missing_page>> content_library::missing(missing_request request) {
  auto path = manifest_place(*state_, request.content);
  if (!path) { co_return path.error(); }
  auto manifest = co_await state_->root.open_file(*path, {});
  if (!manifest) { co_return manifest.error(); }
  auto page = co_await walk(*state_, *manifest, std::move(request));
  co_await manifest->close();
  co_return page;
}

}  // namespace sluice::storage
