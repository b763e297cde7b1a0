// Former versions of a package: what an update leaves behind.
#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

bool is_for(const catalogue_entry& entry, library_user user) {
  return (entry.users & static_cast<std::uint8_t>(user)) != 0;
}

/// Those of which `user` holds a newer version. The catalogue is sorted.
std::vector<model::content_id> superseded_for(const content_catalogue& catalogue,
                                              library_user user) {
  std::vector<model::content_id> found;
  std::optional<model::content_id> before;
  for (const catalogue_entry& entry : catalogue.all()) {
    if (!is_for(entry, user)) { continue; }
    if (before && before->package == entry.content.package) { found.push_back(*before); }
    before = entry.content;
  }
  return found;
}

}  // namespace

io::task<result<void>> content_library::remove_versions(model::content_id newest,
                                                        library_user user) {
  for (const catalogue_entry& entry : state_->catalogue->versions(newest.package)) {
    if (entry.content.version >= newest.version || !is_for(entry, user)) { continue; }
    auto removed = co_await remove_content(entry.content, user);
    if (!removed) { co_return removed; }
  }
  auto last = co_await remove_content(newest, user);
  co_return last;
}

/// The record of a package is written when a version of it is committed.
io::task<result<void>> content_library::drop_superseded(library_user user,
                                                        std::chrono::nanoseconds before) {
  result<void> outcome;
  for (const model::content_id& content : superseded_for(*state_->catalogue, user)) {
    auto record = co_await state_->root.facts(package_path(content.package));
    if (!record || record->modified >= before) { continue; }
    auto removed = co_await remove_content(content, user);
    if (!removed) {
      outcome = removed;
      continue;
    }
    log::info("storage", format("{} went: a newer version is there", content.text()));
  }
  co_return outcome;
}

}  // namespace sluice::storage
