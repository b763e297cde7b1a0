// The promises: which contents are in the library, and for whom.
#include <algorithm>
#include <array>

#include "storage/library_layout.hpp"
#include "storage/library_state.hpp"
#include "storage/package_record.hpp"

namespace sluice::storage {

namespace {

constexpr std::uint8_t bit_of(library_user user) { return static_cast<std::uint8_t>(user); }

error absent(const model::content_id& content) {
  return error{errc::not_found, 0, format("find {} in the content library", content.text())};
}

/// The reserve is given up so that a removal can be recorded on a full volume.
io::task<result<void>> write_record_anyhow(library_state& library, catalogue_entry entry) {
  auto written = co_await write_record(library, entry);
  if (written || written.error().code != errc::no_space) { co_return written; }
  auto freed = co_await library.root.remove_file(reserve_path);
  if (!freed) { log::warning("storage", describe(freed.error())); }
  auto again = co_await write_record(library, entry);
  co_return again;
}

/// A name whose barrier is still to come does not count: it may be taken back.
io::task<result<void>> check_complete(content_library& whole, model::content_id content) {
  missing_request asked{.content = content};
  asked.files_max = 1;
  asked.bytes_max = limits::manifest_bytes_max;
  co_await whole.inside().naming.acquire();
  auto page = co_await whole.missing(asked);
  whole.inside().naming.release();
  if (!page) { co_return page.error(); }
  if (page->files.empty()) { co_return result<void>(); }
  co_return error{
      errc::corrupt, 0,
      format("commit {}: {} is not in the library", content.text(), page->files.front().text())};
}

/// A staged manifest gets its name, after its signature; both are durable then.
io::task<result<void>> publish_manifest(library_state& library, model::content_id content) {
  auto staged = co_await library.root.open_file(staging_manifest_path(content), {});
  if (!staged) { co_return staged.error(); }
  auto synced = co_await staged->sync_all();
  co_await staged->close();
  if (!synced) {  // never again on this file: it is fetched anew
    library.manifests.erase(content);
    auto removed = co_await library.root.remove_file(staging_manifest_path(content));
    if (!removed) { co_return removed; }
    co_return synced;
  }
  auto signature = co_await library.root.rename(staging_signature_path(content),
                                                signature_path(content), io::on_existing::replace);
  if (!signature) {
    auto moved = co_await library.root.facts(signature_path(content));
    // By an earlier attempt, which could not move the manifest after it.
    if (!moved || signature.error().code != errc::not_found) { co_return signature; }
  }
  auto manifest = co_await library.root.rename(staging_manifest_path(content),
                                               manifest_path(content), io::on_existing::replace);
  if (!manifest) { co_return manifest; }
  auto named = co_await library.root.sync(data_folder);
  if (!named) {
    library.manifests.erase(content);
    co_return named;
  }
  library.manifests[content].staged = false;
  co_return named;
}

io::task<result<void>> make_empty_file(content_library& whole) {
  const model::file_id empty{hashing::sha256({}), model::byte_count{0}};
  std::vector<content_library::small_file> files{{empty, {}}};
  auto made = co_await whole.commit_small(std::move(files), io::on_existing::keep);
  if (made.front()) { co_return *made.front(); }
  co_return result<void>();
}

io::task<result<void>> commit_checked(library_state& library, content_library& whole,
                                      model::content_id content, library_user user) {
  const checked_manifest checked = library.manifests.at(content);
  const auto existing = library.catalogue->find(content);
  if (existing && existing->manifest_hash != checked.hash) {
    co_return error{errc::conflict, 0,
                    format("commit {}: another manifest of it is committed; remove that first",
                           content.text())};
  }
  if (checked.facts.empty_files > 0) {
    auto made = co_await make_empty_file(whole);
    if (!made) { co_return made; }
  }
  auto complete = co_await check_complete(whole, content);
  if (!complete) { co_return complete; }
  if (checked.staged) {
    auto published = co_await publish_manifest(library, content);
    if (!published) { co_return published; }
  }
  catalogue_entry entry;
  entry.content = content;
  entry.users = static_cast<std::uint8_t>((existing ? existing->users : 0) | bit_of(user));
  entry.manifest_hash = checked.hash;
  entry.manifest_size = checked.size;
  entry.bytes = checked.facts.bytes;
  entry.files = checked.facts.files;
  auto recorded = co_await write_record(library, entry);
  if (!recorded) { co_return recorded; }
  library.catalogue->put(entry);
  if (!existing || library.index_stale) { co_await add_to_index(library, entry); }
  co_return result<void>();
}

io::task<result<void>> add_user_locked(library_state& library, model::content_id content,
                                       library_user user) {
  auto entry = library.catalogue->find(content);
  if (!entry) { co_return absent(content); }
  if ((entry->users & bit_of(user)) != 0) { co_return result<void>(); }
  entry->users = static_cast<std::uint8_t>(entry->users | bit_of(user));
  auto recorded = co_await write_record(library, *entry);
  if (recorded) { library.catalogue->put(*entry); }
  co_return recorded;
}

io::task<result<void>> remove_locked(library_state& library, model::content_id content,
                                     library_user user) {
  auto entry = library.catalogue->find(content);
  if (!entry || (entry->users & bit_of(user)) == 0) { co_return absent(content); }
  entry->users = static_cast<std::uint8_t>(entry->users & ~bit_of(user));
  auto recorded = co_await write_record_anyhow(library, *entry);
  if (!recorded) { co_return recorded; }
  if (entry->users != 0) {
    library.catalogue->put(*entry);
    co_return recorded;
  }
  library.catalogue->remove(content);
  const std::string name = new_trash_name(library, content.text());
  co_await drop_files_of(library, *entry, name);
  library.manifests.erase(content);
  const std::array<std::string, 2> paths{manifest_path(content), signature_path(content)};
  for (const std::string& path : paths) {
    auto moved = co_await move_to_trash(library, path, name);
    if (!moved) { log::warning("storage", describe(moved.error())); }
  }
  co_await keep_reserve(library);
  co_return result<void>();
}

}  // namespace

io::task<void> keep_reserve(library_state& library) {
  auto opened = co_await library.root.open_file(reserve_path,
                                                {.access = io::access_mode::write, .create = true});
  if (!opened) {
    log::warning("storage", describe(opened.error()));
    co_return;
  }
  auto reserved = co_await opened->allocate(reserve_size);
  if (!reserved) { log::warning("storage", describe(reserved.error())); }
  co_await opened->close();
}

io::task<result<void>> write_record(library_state& library, catalogue_entry entry) {
  const model::package_id package = entry.content.package;
  std::vector<catalogue_entry> contents = library.catalogue->versions(package);
  std::erase_if(contents,
                [&](const catalogue_entry& other) { return other.content == entry.content; });
  if (entry.users != 0) { contents.push_back(entry); }
  std::sort(contents.begin(), contents.end(),
            [](const auto& left, const auto& right) { return left.content < right.content; });
  if (!contents.empty()) {
    auto written = co_await library.root.write_whole(package_path(package),
                                                     print_package_record(package, contents));
    co_return written;
  }
  auto removed = co_await library.root.remove_file(package_path(package));
  if (!removed && removed.error().code != errc::not_found) { co_return removed; }
  auto synced = co_await library.root.sync(package_folder);
  co_return synced;
}

io::task<result<void>> content_library::commit_content(model::content_id content,
                                                       library_user user) {
  co_await state_->records.acquire();
  result<void> outcome;
  if (state_->manifests.contains(content)) {
    auto committed = co_await commit_checked(*state_, *this, content, user);
    outcome = committed;
  } else {
    auto added = co_await add_user_locked(*state_, content, user);
    outcome = added;
  }
  state_->records.release();
  co_return outcome;
}

io::task<result<void>> content_library::add_user(model::content_id content, library_user user) {
  co_await state_->records.acquire();
  auto outcome = co_await add_user_locked(*state_, content, user);
  state_->records.release();
  co_return outcome;
}

io::task<result<void>> content_library::remove_content(model::content_id content,
                                                       library_user user) {
  co_await state_->records.acquire();
  auto outcome = co_await remove_locked(*state_, content, user);
  state_->records.release();
  co_return outcome;
}

}  // namespace sluice::storage
