// Which files the library has: many are looked for together.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t together =
    std::size_t{limits::files_per_bundle_max} / 2;  // each may have a piece layer

/// Present with that size; else, and that is its failure, not there or out of reach.
bool is_there(file_lookup& asked, const io::bundled_file& found, std::uint64_t size) {
  if (found.failed && found.failed->code != errc::not_found) { asked.failed = found.failed; }
  return !found.failed && found.before.kind == io::file_kind::regular && found.before.size == size;
}

void conclude(file_lookup& asked, const io::bundled_file& bytes) {
  asked.present = is_there(asked, bytes, model::raw(asked.file.size));
}

/// Without its piece layer a large file is not there.
void conclude_layer(file_lookup& asked, const io::bundled_file& layer) {
  if (!asked.present) { return; }
  const std::uint64_t size = hashing::piece_count(asked.file.size) * sizeof(model::digest);
  asked.present = is_there(asked, layer, size);
}

io::task<void> look_up_some(library_state& library, std::span<file_lookup> asked) {
  std::vector<io::bundled_file> files;
  std::vector<file_lookup*> layers;
  for (const file_lookup& each : asked) { files.push_back({.path = file_path(each.file)}); }
  for (file_lookup& each : asked) {
    if (hashing::piece_count(each.file.size) == 0) { continue; }
    files.push_back({.path = piece_layer_path(each.file)});
    layers.push_back(&each);
  }
  co_await library.root.look_at_files(files);
  for (std::size_t i = 0; i < asked.size(); ++i) { conclude(asked[i], files[i]); }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    conclude_layer(*layers[i], files[asked.size() + i]);
  }
}

}  // namespace

io::task<void> look_up(library_state& library, std::span<file_lookup> asked) {
  io::task_group group;
  while (!asked.empty()) {
    const std::size_t count = std::min(together, asked.size());
    group.start(look_up_some(library, asked.first(count)));
    asked = asked.subspan(count);
  }
  co_await group.wait_all();
}

io::task<result<bool>> is_in_library(library_state& library, model::file_id file) {
  file_lookup asked{file};
  co_await look_up(library, {&asked, 1});
  if (asked.failed) { co_return *asked.failed; }
  co_return asked.present;
}

}  // namespace sluice::storage
