// Former versions of a package: what an update leaves behind.
#include <algorithm>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"

namespace sluice::storage {

namespace {

/// When a version was committed: its manifest got its name then.
io::task<std::optional<std::chrono::nanoseconds>> committed_at(library_state& library,
                                                               model::content_id content) {
  auto facts = co_await library.root.facts(manifest_path(content));
  if (!facts) { co_return std::nullopt; }
  co_return facts->changed;
}

/// Whether a newer version that `user` holds came after this one, and before `before`.
io::task<bool> is_superseded(library_state& library, model::content_id content, library_user user,
                             std::chrono::nanoseconds before) {
  const auto versions = library.catalogue->versions(content.package);
  const auto newer = std::find_if(versions.begin(), versions.end(), [&](const auto& entry) {
    return entry.content.version > content.version && entry.is_for(user);
  });
  if (newer == versions.end()) { co_return false; }
  const auto came = co_await committed_at(library, content);
  const auto followed = co_await committed_at(library, newer->content);
  co_return followed&&* followed < before && (!came || *came < *followed);
}

}  // namespace

io::task<result<void>> content_library::remove_versions(model::content_id newest,
                                                        library_user user) {
  for (const catalogue_entry& entry : state_->catalogue->versions(newest.package)) {
    if (entry.content.version >= newest.version || !entry.is_for(user)) { continue; }
    auto removed = co_await remove_content(entry.content, user);
    // It may have gone by itself while this waited for its turn.
    if (!removed && removed.error().code != errc::not_found) { co_return removed; }
  }
  auto last = co_await remove_content(newest, user);
  co_return last;
}

io::task<result<void>> content_library::drop_former(std::vector<model::content_id> asked,
                                                    library_user user,
                                                    std::chrono::nanoseconds before) {
  result<void> outcome;
  for (const model::content_id& content : asked) {
    const bool superseded = co_await is_superseded(*state_, content, user, before);
    if (!superseded) { continue; }
    auto removed = co_await remove_content(content, user);
    if (removed) {
      log::info("storage", format("{} went: a newer version is there", content.text()));
    } else if (removed.error().code != errc::not_found) {
      outcome = removed;
    }
  }
  co_return outcome;
}

}  // namespace sluice::storage
