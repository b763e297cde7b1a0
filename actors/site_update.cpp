#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_targets.hpp"

/// A package takes up what became of its folder: a version more, of which only what changed moves.
namespace sluice::actors {

namespace {

constexpr auto superseded_interval = std::chrono::minutes(10);

/// Beyond all that the library holds of it: a database that was restored may know of fewer.
std::uint32_t next_version(const storage::content_catalogue& catalogue,
                           const model::package_row& row) {
  std::uint32_t last = row.version;
  for (const auto& entry : catalogue.versions(row.id)) {
    last = std::max(last, entry.content.version);
  }
  return last + 1;
}

}  // namespace

caf::result<rpc::package_update_answer> site_state::on_update_package(const update_package& asked) {
  const auto before = setup_.database->package(asked.package);
  if (!before) { return to_caf(before.error()); }
  if (!*before) {
    return to_caf(error{errc::not_found, 0,
                        format("update package {}: there is no such package; see sluice package "
                               "list",
                               asked.package.text())});
  }
  if (adding_.contains(asked.package)) {
    return to_caf(
        error{errc::conflict, 0,
              format("update package {}: it is being updated already", asked.package.text())});
  }
  const model::package_row& row = (*before)->row;
  const auto root = find_root(row.source_path);
  if (!root) { return to_caf(root.error()); }
  make_snapshot mail;
  mail.source_root = *root;
  mail.source_path = path_beneath(*root, row.source_path);
  mail.content = {asked.package, next_version(*setup_.parts.node.catalogue, row)};
  mail.progress = asked.progress;
  mail.unless_same_as = model::content_id{asked.package, row.version};
  const auto begun = setup_.database->begin_change(mail.content);
  if (!begun) { return to_caf(begun.error()); }
  adding_.insert(asked.package);
  add_message(2300, {asked.package.text(), "update"});
  auto promise = self_->make_response_promise<rpc::package_update_answer>();
  self_->request(setup_.parts.librarian, caf::infinite, mail)
      .then([this, asked, content = mail.content, promise](
                const storage::snapshot_outcome& made) { updated(asked, content, made, promise); },
            [this, content = mail.content, promise](caf::error& failure) mutable {
              adding_.erase(content.package);
              end_change(content);  // a snapshot that failed leaves nothing in the library
              if (from_caf(failure).code == errc::no_space) { drop_former_versions({}); }
              promise.deliver(std::move(failure));
            });
  return promise;
}

/// What the database says of an update, in the one transaction that makes it true: whoever should
/// have the package should have this version of it.
result<void> site_state::keep_update(const model::content_id& content,
                                     const storage::snapshot_outcome& made,
                                     rpc::package_update_answer& answer) {
  storage::site_database& database = *setup_.database;
  auto now = database.package(content.package);  // its name or priority may have changed meanwhile
  if (!now) { return now.error(); }
  SLUICE_CHECK(now->has_value());  // it cannot be removed while it is being updated
  storage::site_package& package = **now;
  if (answer.changed) {
    package.row.version = content.version;
    package.row.files = made.facts.files;
    package.row.bytes = made.facts.bytes;
    package.row.manifest_hash = made.manifest_hash;
    package.row.created = setup_.parts.node.now();
    package.manifest_size = made.manifest_size;
    auto put = database.put_package(package.row, package.manifest_size);
    if (put) { put = send_to_targets(package, answer.sent); }
    if (put) { put = warn_of_sources(database, package.row, answer.sent.started, answer.sent); }
    if (!put) { return put; }
  }
  answer.row = package.row;
  return database.end_change(content);
}

void site_state::updated(const update_package& asked, const model::content_id& content,
                         const storage::snapshot_outcome& made, update_promise promise) {
  rpc::package_update_answer answer;
  answer.changed = !made.same;
  answer.files_new = static_cast<std::uint32_t>(made.files_new);
  answer.bytes_new = made.bytes_new;
  const auto kept = setup_.database->transaction(
      [&]() -> result<void> { return keep_update(content, made, answer); });
  if (!kept) {
    return drop_for_site(content, [this, content, failure = kept.error(),
                                   promise](const result<void>& dropped) mutable {
      adding_.erase(content.package);
      if (!dropped) { log::error("site", describe(dropped.error())); }
      promise.deliver(to_caf(failure));
    });
  }
  adding_.erase(content.package);
  if (answer.changed) {
    package_added(asked.admin, answer.row);
    say_started(content.package, answer.sent.started);
  }
  promise.deliver(std::move(answer));
}

/// Those that an operator cancelled are held, and those that are being removed go.
result<void> site_state::send_to_targets(const storage::site_package& package,
                                         rpc::distribute_answer& answer) {
  storage::site_database& database = *setup_.database;
  answer.files = package.row.files;
  answer.bytes = model::raw(package.row.bytes);
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  rpc::distribute_request wish;
  wish.package = package.row.id;
  for (const auto& point : *points) {
    auto row = database.distribution(package.row.id, point.row.name);
    if (!row) { return row.error(); }
    if (!*row || (*row)->removing) { continue; }
    if ((*row)->cancelled || (*row)->cancel_asked) {
      answer.warnings.push_back(
          format("{0}: {2}; it keeps what it has until: sluice distribute {1} --dp {0}",
                 point.row.name, package.row.id.text(),
                 (*row)->cancelled ? "held since it was cancelled" : "is being cancelled"));
      continue;
    }
    auto sent = distribute_to(package, point.row.name, wish, answer);
    if (!sent) { return sent; }
  }
  return {};
}

/// A former version stays for a while at the site, as it does on the distribution points: clients
/// may still be reading it.
void site_state::sweep_former_versions() {
  const node_parts& node = setup_.parts.node;
  self_->delayed_send(site_actor{self_}, superseded_interval, superseded_tick{});
  drop_former_versions((node.now() - node.kept.superseded).time_since_epoch());
}

/// Those that a newer one followed before this time; nothing: all. Only what the database, too, has
/// a newer version of.
void site_state::drop_former_versions(std::optional<std::chrono::nanoseconds> before) {
  drop_former mail;
  mail.user = storage::library_user::site;
  mail.before = before.value_or(std::chrono::nanoseconds::max());
  for (const model::content_id& content : setup_.parts.node.catalogue->former(mail.user)) {
    const auto package = setup_.database->package(content.package);
    if (!package) { return log::error("site", describe(package.error())); }
    const bool wanted = !*package || (*package)->row.version <= content.version;
    if (!wanted) { mail.contents.push_back(content); }
  }
  if (mail.contents.empty()) { return; }
  self_->request(setup_.parts.librarian, caf::infinite, std::move(mail))
      .then([](done) {},
            [](caf::error& failure) { log::error("site", describe(from_caf(failure))); });
}

}  // namespace sluice::actors
