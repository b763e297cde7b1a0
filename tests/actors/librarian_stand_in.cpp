#include "tests/actors/librarian_stand_in.hpp"

#include <algorithm>

namespace sluice::actors::testing {

namespace {

struct librarian_stand_in_state {
  librarian_stand_in_state() = default;
};

storage::missing_page missing(const fake_library& library, const storage::missing_request& asked) {
  storage::missing_page page;
  const fake_package& package = library.packages.at(asked.content);
  const std::uint64_t end = package.files.size();
  const std::uint64_t stop = asked.until ? asked.until->offset : end;
  std::uint64_t at = asked.from.offset;
  for (std::size_t seen = 0; at < stop && seen < library.files_per_page; ++at, ++seen) {
    const model::file_id& file = package.files[at];
    if (asked.all || !library.files.contains(file)) {
      page.files.push_back(file);
    } else {
      page.files_present += 1;
      page.bytes_present += model::raw(file.size);
    }
  }
  page.next.offset = at;
  page.end = !asked.until && at == end;
  return page;
}

caf::result<done> install(fake_library& library, const model::content_id& content) {
  if (!library.commit_failures.empty()) {
    const error failure = library.commit_failures.front();
    library.commit_failures.pop_front();
    if (library.lost_at_commit) { library.files.erase(*library.lost_at_commit); }
    return to_caf(failure);
  }
  library.committed.insert(content);
  library.installs += 1;
  return done{};
}

caf::result<done> drop(fake_library& library, const drop_content& asked) {
  const bool by_site = asked.user == storage::library_user::site;
  if (by_site && !library.drop_failures.empty()) {
    const error failure = library.drop_failures.front();
    library.drop_failures.pop_front();
    return to_caf(failure);
  }
  library.dropped.push_back(asked.content);
  if (asked.older) { library.dropped_with_older.push_back(asked.content); }
  (by_site ? library.for_site : library.committed).erase(asked.content);
  return done{};
}

librarian_actor::behavior_type librarian_stand_in(
    librarian_actor::stateful_pointer<librarian_stand_in_state>, fake_library* library) {
  return {
      [library](const recheck_manifest& mail) -> caf::result<storage::content_facts> {
        if (!library->manifests.contains(mail.content)) {
          return to_caf(error{errc::not_found, 0, "find the manifest"});
        }
        return storage::content_facts{};
      },
      [library](const list_missing& mail) { return missing(*library, mail.request); },
      [library](const measure_missing& mail) {
        std::uint64_t bytes = 0;
        for (const model::file_id& file : library->packages.at(mail.content).files) {
          if (!library->files.contains(file)) { bytes += model::raw(file.size); }
        }
        return bytes;
      },
      [library](const install_content& mail) { return install(*library, mail.content); },
      [library](const add_content_user& mail) { return install(*library, mail.content); },
      [library](const drop_content& mail) { return drop(*library, mail); },
      [library](const drop_former& mail) {
        library->former_asked.push_back(mail.contents);
        library->former_before.push_back(mail.before);
        return done{};
      },
      [library](const discard_staging& mail) {
        library->discarded.push_back(mail.asked);
        return done{};
      },
      [library](const make_snapshot& mail) -> caf::result<storage::snapshot_outcome> {
        if (library->snapshot_failure) { return to_caf(*library->snapshot_failure); }
        if (!library->snapshot.same) { library->for_site.insert(mail.content); }
        if (library->after_snapshot) { library->after_snapshot(); }
        return library->snapshot;
      },
      [library](const count_library& mail) {
        const std::uint64_t lacking =
            mail.bytes_wanted - std::min(mail.bytes_wanted, library->bytes_free);
        const std::uint64_t emptied = std::min(lacking, library->bytes_in_trash);
        library->bytes_in_trash -= emptied;
        library->bytes_free += emptied;
        storage::content_library::totals totals;
        totals.bytes_free = library->bytes_free;
        return totals;
      },
      [](trash_tick) {},
      [](health_question) { return done{}; },
      [](const trust_keys&) {},
      [](operation_done<result<storage::content_facts>>&) {},
      [](operation_done<result<storage::missing_page>>&) {},
      [](operation_done<result<std::uint64_t>>&) {},
      [](operation_done<result<void>>&) {},
      [](operation_done<result<storage::snapshot_outcome>>&) {},
      [](operation_done<result<storage::content_library::totals>>&) {},
  };
}

}  // namespace

std::uint64_t fake_package::bytes() const {
  std::uint64_t sum = 0;
  for (const model::file_id& file : files) { sum += model::raw(file.size); }
  return sum;
}

librarian_actor spawn_librarian(caf::actor_system& system, fake_library& library) {
  return system.spawn(librarian_stand_in, &library);
}

}  // namespace sluice::actors::testing
