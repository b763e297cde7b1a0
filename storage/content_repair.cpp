#include "storage/content_repair.hpp"

#include <algorithm>
#include <map>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

/// What is to happen to one file: all its findings together.
struct damage {
  bool whole = false;   ///< which pieces are right is not known
  bool layer = false;   ///< its piece layer is damaged
  bool unread = false;  ///< some of it cannot be read; nothing of it is known to be wrong
  bool wrong = false;   ///< some of it is wrong
  std::vector<piece_run> bad{};
  std::uint64_t known_end = ~std::uint64_t{0};  ///< pieces from here on may be bad as well
};

struct repair {
  library_state& library;
  content_library& whole;
  model::content_id content;
  repair_way how;
  std::string trash;
  content_repair made{};
};

void add_pieces(damage& to, const validation_finding& found) {
  if (found.pieces.empty()) {
    to.whole = true;
    return;
  }
  std::uint64_t told = 0;
  for (const piece_run& run : found.pieces) {
    to.bad.push_back(run);
    told += run.count;
  }
  if (told == found.pieces_count) { return; }
  const piece_run& last = found.pieces.back();
  to.known_end = std::min(to.known_end, last.first + last.count);
}

std::map<model::file_id, damage> damages_of(const std::vector<validation_finding>& findings) {
  std::map<model::file_id, damage> all;
  for (const validation_finding& found : findings) {
    damage& one = all[found.file];
    switch (found.kind) {
      case finding_kind::file_missing:  // also a folder in its place
        one.whole = one.wrong = one.wrong || found.cause.code == errc::corrupt;
        break;
      case finding_kind::wrong_size: one.whole = one.wrong = true; break;
      case finding_kind::wrong_bytes:
        one.wrong = true;
        add_pieces(one, found);
        break;
      case finding_kind::unreadable:
        one.unread = true;
        add_pieces(one, found);
        break;
      case finding_kind::layer_damaged: one.layer = one.layer || !found.repaired; break;
      default: break;
    }
  }
  return all;
}

void keep(repair& work, const result<void>& outcome) {
  if (outcome) { return; }
  log::warning("storage", describe(outcome.error()));
  if (!work.made.failed) { work.made.failed = outcome.error(); }
}

io::task<void> discard(repair& work, std::string path) {
  auto moved = co_await move_to_trash(work.library, std::move(path), work.trash);
  keep(work, moved);
}

void add_right(repair& work, const model::file_id& file, const damage& of) {
  const std::uint64_t pieces = hashing::piece_count(file.size);
  piece_set bad(pieces);
  piece_set known(pieces);
  for (std::uint64_t piece = 0; piece < std::min(pieces, of.known_end); ++piece) {
    known.add(piece);
  }
  for (const piece_run& run : of.bad) {
    for (std::uint64_t i = 0; i < run.count && run.first + i < pieces; ++i) {
      bad.add(run.first + i);
    }
  }
  for (const piece_run& run : known.without(bad)) {
    work.made.right.push_back({file, run.first, run.count});
  }
}

io::task<void> take_file(repair& work, model::file_id file, damage of) {
  if (of.layer) { co_await discard(work, piece_layer_path(file)); }
  if (!of.wrong && !of.unread) { co_return; }
  if (work.how == repair_way::by_operator && !of.wrong) { co_return; }
  const bool in_pieces = hashing::piece_count(file.size) > 0 && !of.whole;
  if (in_pieces && work.how == repair_way::refetch) {
    auto staged = co_await stage_damaged(work.library, file);
    if (staged && *staged) {
      add_right(work, file, of);
      co_return;
    }
    if (!staged && staged.error().code == errc::not_found) { co_return; }
    if (!staged) { keep(work, staged.error()); }
  }
  co_await discard(work, file_path(file));
}

/// Another manifest's content stands where this one should be.
io::task<void> give_way(repair& work) {
  if (work.how != repair_way::refetch || !work.library.catalogue->find(work.content)) { co_return; }
  auto removed = co_await work.whole.remove_content(work.content, library_user::distribution_point);
  keep(work, removed);
}

io::task<void> take_manifest(repair& work, finding_kind kind) {
  if (kind == finding_kind::content_missing) {
    co_await give_way(work);
    co_return;
  }
  co_await work.library.records.acquire();
  const auto known = work.library.manifests.find(work.content);
  if (known != work.library.manifests.end() && !known->second.staged) {
    work.library.manifests.erase(known);
  }
  if (kind == finding_kind::manifest_damaged) {
    co_await discard(work, manifest_path(work.content));
  }
  if (kind != finding_kind::manifest_missing) {
    co_await discard(work, signature_path(work.content));
  }
  work.library.records.release();
}

}  // namespace

std::vector<model::file_id> files_to_stage(const std::vector<validation_finding>& findings) {
  std::vector<model::file_id> files;
  for (const validation_finding& found : findings) {
    if (found.pieces_count > 0) { files.push_back(found.file); }
  }
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
  return files;
}

io::task<content_repair> take_for_repair(content_library& library, model::content_id content,
                                         std::vector<validation_finding> findings, repair_way how) {
  repair work{library.inside(), library, content, how,
              new_trash_name(library.inside(), format("{}.damaged", content.text()))};
  for (const validation_finding& found : findings) {
    if (found.kind <= finding_kind::signature_damaged) { co_await take_manifest(work, found.kind); }
  }
  std::erase_if(findings, [](const validation_finding& found) {
    return found.kind <= finding_kind::signature_damaged;
  });
  const std::map<model::file_id, damage> damages = damages_of(findings);
  for (const auto& [file, damage] : damages) { co_await take_file(work, file, damage); }
  // Those who serve keep files open until the catalogue changes.
  const auto entry = work.library.catalogue->find(content);
  if (entry) { work.library.catalogue->put(*entry); }
  co_return std::move(work.made);
}

}  // namespace sluice::storage
