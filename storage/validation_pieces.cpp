// Files of > 1 MiB: every piece against the piece layer, the layer against the root.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/validation_run.hpp"

namespace sluice::storage {

namespace {

constexpr std::size_t disk_block = 4096;
constexpr std::size_t held_back_part = 256 << 10;  // fills the kernel's lanes
constexpr std::uint32_t layer_attempt = 0;         // no attempt to store the file has this number

void add(validation_run& run, const listed_file& listed, finding_kind kind, error cause) {
  validation_finding found;
  found.kind = kind;
  found.cause = std::move(cause);
  add_finding(run, listed, std::move(found));
}

void add_pieces(validation_run& run, const large_check& file, finding_kind kind,
                const piece_set& pieces, error cause) {
  if (pieces.count() == 0) { return; }
  validation_finding found;
  found.kind = kind;
  found.cause = std::move(cause);
  found.pieces_count = pieces.count();
  found.pieces = pieces.without(piece_set(pieces.size()));
  if (found.pieces.size() > limits::validation_runs_per_finding_max) {
    found.pieces.resize(limits::validation_runs_per_finding_max);
    found.pieces.shrink_to_fit();
  }
  add_finding(run, file.listed, std::move(found));
}

/// The piece layer, proven; empty, and a finding, when there is none to believe.
io::task<hashing::piece_layer> read_layer(validation_run& run, const listed_file& listed) {
  const std::uint64_t bytes = hashing::piece_count(listed.file.size) * sizeof(model::digest);
  auto text = co_await run.library.root.read_whole(piece_layer_path(listed.file), bytes);
  result<hashing::piece_layer> layer = error{};
  if (!text) {
    layer = text.error();
  } else {
    co_await run.library.workers.run(run.library.ring, [&] {
      layer = hashing::parse_piece_layer(std::as_bytes(std::span(*text)));
      if (!layer) { return; }
      const auto right = hashing::verify_piece_layer(listed.file, *layer);
      if (!right) { layer = right.error(); }
    });
  }
  if (layer) { co_return std::move(*layer); }
  const bool missing = layer.error().code == errc::not_found;
  add(run, listed, missing ? finding_kind::layer_missing : finding_kind::layer_damaged,
      layer.error());
  co_return hashing::piece_layer{};
}

/// Nothing when it is there in its full size.
std::optional<validation_finding> look_at(const listed_file& listed,
                                          const result<io::file_facts>& facts) {
  validation_finding found;
  if (!facts) {
    found.kind = finding_kind::unreadable;
    found.cause = facts.error();
  } else if (facts->kind != io::file_kind::regular) {
    found.kind = finding_kind::file_missing;
    found.cause = {errc::corrupt, 0, format("read {}: it is no file", listed.file.text())};
  } else if (facts->size != model::raw(listed.file.size)) {
    found.kind = finding_kind::wrong_size;
    found.cause = {errc::corrupt, 0,
                   format("read {}: it has {} bytes", listed.file.text(), facts->size)};
  } else {
    return std::nullopt;
  }
  return found;
}

/// `measured` has the file's root.
io::task<void> repair_layer(validation_run& run, const large_check& file) {
  const model::file_id id = file.listed.file;
  const large_bytes beside{staging_path(id, layer_attempt), id, file.measured};
  auto stored = co_await store_layer(run.library, beside);
  if (!stored) {
    log::warning("storage", describe(stored.error()));
    co_return;
  }
  ++run.report.repaired;
  run.report.pieces_repaired += file.measured.size();
  for (validation_finding& found : run.report.findings) {
    if (found.file == id) { found.repaired = true; }
  }
}

/// Without a layer to believe, the pieces that were read are one: it must have the file's root.
/// When some cannot be read nothing is known of the others either.
io::task<void> conclude_without_layer(validation_run& run, large_check& file) {
  result<void> right = error{};
  if (file.unreadable.count() == 0) {
    co_await run.library.workers.run(run.library.ring, [&] {
      right = hashing::verify_piece_layer(file.listed.file, file.measured);
    });
  }
  if (right) {
    if (run.request.repair_layers) { co_await repair_layer(run, file); }
    co_return;
  }
  add(run, file.listed, finding_kind::wrong_bytes,
      {errc::corrupt, 0,
       format("verify {}: which pieces are wrong is not known without its piece layer",
              file.listed.file.text())});
}

io::task<void> conclude(validation_run& run, large_check& file) {
  co_await file.from.close();
  if (file.layer.empty()) { co_await conclude_without_layer(run, file); }
  add_pieces(run, file, finding_kind::wrong_bytes, file.wrong,
             {errc::corrupt, 0,
              format("verify {}: {} of its {} pieces are wrong", file.listed.file.text(),
                     file.wrong.count(), file.wrong.size())});
  add_pieces(run, file, finding_kind::unreadable, file.unreadable, file.failed.value_or(error{}));
  count_done(run, 1, 0);
}

/// While others want the machine a piece is hashed in parts, with time between them: a core that
/// serves is taken away for a tenth of a millisecond at most, and no answer waits for two parts.
io::task<model::digest> digest_held_back(validation_run& run, std::span<const std::byte> piece) {
  hashing::tree_hasher hasher;
  while (true) {
    const std::span<const std::byte> part = piece.first(std::min(piece.size(), held_back_part));
    co_await run.library.workers.run(run.library.ring, [&] { hasher.update(part); });
    piece = piece.subspan(part.size());
    if (piece.empty()) { break; }
    co_await run.library.ring.sleep_for(pause_after(run, part.size()));
  }
  co_return hasher.finish().id.digest;
}

io::task<model::digest> digest_of(validation_run& run, std::span<const std::byte> piece) {
  // The tree of a shorter piece, the last one of its file, is not that of a file of its size.
  if (piece.size() == limits::piece_size && pause_after(run, held_back_part).count() > 0) {
    const model::digest measured = co_await digest_held_back(run, piece);
    co_return measured;
  }
  model::digest measured;
  co_await run.library.workers.run(run.library.ring,
                                   [&] { measured = hashing::piece_digest(piece); });
  co_return measured;
}

}  // namespace

io::task<std::shared_ptr<large_check>> open_large(validation_run& run, listed_file listed) {
  const std::uint64_t pieces = hashing::piece_count(listed.file.size);
  auto layer = co_await read_layer(run, listed);
  auto opened = co_await run.library.root.open_file(file_path(listed.file), {.direct = true});
  if (!opened) {
    const bool missing = opened.error().code == errc::not_found;
    add(run, listed, missing ? finding_kind::file_missing : finding_kind::unreadable,
        opened.error());
    count_done(run, 1, model::raw(listed.file.size));
    co_return nullptr;
  }
  opened->set_turn(turn_of(run));
  auto facts = co_await opened->facts();
  auto wrong = look_at(listed, facts);
  if (wrong) {
    co_await opened->close();
    add_finding(run, listed, std::move(*wrong));
    count_done(run, 1, model::raw(listed.file.size));
    co_return nullptr;
  }
  auto made = std::make_shared<large_check>(
      large_check{.listed = listed, .wrong = piece_set(pieces), .unreadable = piece_set(pieces)});
  made->from = std::move(*opened);
  made->layer = std::move(layer);
  if (made->layer.empty()) { made->measured.resize(pieces); }
  co_return made;
}

io::task<void> check_piece(validation_run& run, std::shared_ptr<large_check> file,
                           std::uint64_t piece) {
  const std::uint64_t offset = piece * limits::piece_size;
  const std::uint64_t length =
      std::min(limits::piece_size, model::raw(file->listed.file.size) - offset);
  auto memory = co_await run.library.buffers.acquire();
  const std::uint64_t whole_blocks = (length + disk_block - 1) / disk_block * disk_block;
  auto read = co_await file->from.read(memory.bytes().first(whole_blocks), offset);
  if (!read) {
    file->unreadable.add(piece);
    if (!file->failed) { file->failed = read.error(); }
  } else if (*read < length) {  // truncated since it was opened
    file->wrong.add(piece);
  } else {
    const std::span<const std::byte> bytes = memory.bytes().first(length);
    const model::digest measured = co_await digest_of(run, bytes);
    if (file->layer.empty()) {
      file->measured[piece] = measured;
    } else if (measured != file->layer[piece]) {
      file->wrong.add(piece);
    }
  }
  memory = {};
  count_done(run, 0, length);
  if (++file->landed == file->wrong.size()) { co_await conclude(run, *file); }
}

}  // namespace sluice::storage
