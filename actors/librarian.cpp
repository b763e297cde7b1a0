#include "actors/librarian.hpp"

namespace sluice::actors {

namespace {

constexpr auto sweep_interval = std::chrono::minutes(10);

using self_pointer = librarian_actor::stateful_pointer<librarian_state>;

librarian_actor handle(self_pointer self) { return {self}; }

/// Starts `make` on the library's reactor and promises its outcome.
template <typename Outcome>
auto promise_of(self_pointer self, operations_under_way<Outcome>& under_way,
                std::function<io::task<Outcome>()> make) {
  using answer = typename operations_under_way<Outcome>::answer;
  auto promise = self->template make_response_promise<answer>();
  under_way.start(self->state.parts, handle(self), promise, std::move(make));
  return promise;
}

auto change(self_pointer self, std::function<io::task<result<void>>()> make) {
  return promise_of<result<void>>(self, self->state.changes, std::move(make));
}

auto snapshot(self_pointer self, const make_snapshot& mail) {
  const node_parts& parts = self->state.parts;
  return promise_of<result<storage::snapshot_outcome>>(self, self->state.snapshots, [parts, mail] {
    storage::snapshot_request request{mail.source_root, mail.source_path, mail.content,
                                      parts.site_key, mail.unless_same_as};
    return storage::take_snapshot(*parts.ring, *parts.workers, *parts.buffers, *parts.library,
                                  std::move(request), mail.progress);
  });
}

/// What is older than these times, since the epoch.
struct sweep_request {
  std::chrono::nanoseconds trash;
  std::chrono::nanoseconds superseded;
  std::vector<model::content_id> former;
};

io::task<void> sweep(storage::content_library* library, sweep_request asked) {
  auto dropped = co_await library->drop_former(
      std::move(asked.former), storage::library_user::distribution_point, asked.superseded);
  if (!dropped) { log::warning("librarian", describe(dropped.error())); }
  auto swept = co_await library->sweep_trash(asked.trash);
  if (!swept) { log::warning("librarian", describe(swept.error())); }
}

void sweep_trash(self_pointer self) {
  const node_parts& parts = self->state.parts;
  const library_periods& kept = parts.kept;
  const sweep_request asked{(parts.now() - kept.trash).time_since_epoch(),
                            (parts.now() - kept.superseded).time_since_epoch(),
                            parts.catalogue->former(storage::library_user::distribution_point)};
  parts.ring->post([operations = parts.operations, library = parts.library, asked] {
    operations->start(sweep(library, asked));
  });
  self->delayed_send(handle(self), sweep_interval, trash_tick{});
}

}  // namespace

librarian_actor::behavior_type librarian(self_pointer self, node_parts parts) {
  self->state.parts = std::move(parts);
  caf::anon_send(handle(self), trash_tick{});
  storage::content_library* library = self->state.parts.library;
  return {
      [self, library](const recheck_manifest& mail) {
        return promise_of<result<storage::content_facts>>(
            self, self->state.rechecks, [library, mail] {
              return library->recheck_manifest(mail.content, mail.hash, mail.size);
            });
      },
      [self, library](const list_missing& mail) {
        return promise_of<result<storage::missing_page>>(
            self, self->state.listings, [library, mail] { return library->missing(mail.request); });
      },
      [self, library](const measure_missing& mail) {
        return promise_of<result<std::uint64_t>>(self, self->state.measurements, [library, mail] {
          return library->bytes_missing(mail.content, mail.all);
        });
      },
      [self, library](const install_content& mail) {
        return change(self,
                      [library, mail] { return library->commit_content(mail.content, mail.user); });
      },
      [self, library](const add_content_user& mail) {
        return change(self, [library, mail] { return library->add_user(mail.content, mail.user); });
      },
      [self, library](const drop_content& mail) {
        return change(self, [library, mail] {
          return mail.older ? library->remove_versions(mail.content, mail.user)
                            : library->remove_content(mail.content, mail.user);
        });
      },
      [self, library](const drop_former& mail) {
        return change(self, [library, mail] {
          return library->drop_former(mail.contents, mail.user, mail.before);
        });
      },
      [self, library](const discard_staging& mail) {
        return change(self, [library, mail] { return library->discard_staging(mail.asked); });
      },
      [self](const make_snapshot& mail) { return snapshot(self, mail); },
      [self, library](const count_library& mail) {
        return promise_of<result<storage::content_library::totals>>(
            self, self->state.counts,
            [library, mail] { return library->make_room(mail.bytes_wanted); });
      },
      [self](trash_tick) { sweep_trash(self); },
      [](health_question) { return done{}; },
      [self, library](const trust_keys& mail) {
        self->state.parts.ring->post([library, keys = mail.keys] { library->trust(keys); });
      },
      [self](operation_done<result<storage::content_facts>>& ended) {
        self->state.rechecks.finish(ended);
      },
      [self](operation_done<result<storage::missing_page>>& ended) {
        self->state.listings.finish(ended);
      },
      [self](operation_done<result<std::uint64_t>>& ended) {
        self->state.measurements.finish(ended);
      },
      [self](operation_done<result<void>>& ended) { self->state.changes.finish(ended); },
      [self](operation_done<result<storage::snapshot_outcome>>& ended) {
        self->state.snapshots.finish(ended);
      },
      [self](operation_done<result<storage::content_library::totals>>& ended) {
        self->state.counts.finish(ended);
      },
  };
}

}  // namespace sluice::actors
