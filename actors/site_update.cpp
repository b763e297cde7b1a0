#include <algorithm>

#include "actors/site.hpp"

/// A package takes up what became of its folder: a version more, of which only what changed moves.
namespace sluice::actors {

namespace {

constexpr auto superseded_interval = std::chrono::minutes(10);

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
  mail.content = {asked.package, row.version + 1};
  mail.progress = asked.progress;
  mail.unless_same_as = model::content_id{asked.package, row.version};
  const auto begun = setup_.database->begin_change(mail.content);
  if (!begun) { return to_caf(begun.error()); }
  adding_.insert(asked.package);
  auto promise = self_->make_response_promise<rpc::package_update_answer>();
  self_->request(setup_.parts.librarian, caf::infinite, mail)
      .then(
          [this, asked, promise](const storage::snapshot_outcome& made) mutable {
            auto answer = updated(asked, made);
            adding_.erase(asked.package);
            if (answer) {
              promise.deliver(std::move(*answer));
            } else {
              promise.deliver(to_caf(answer.error()));
            }
          },
          [this, content = mail.content, promise](caf::error& failure) mutable {
            adding_.erase(content.package);
            end_change(content);  // a snapshot that failed leaves nothing in the library
            promise.deliver(std::move(failure));
          });
  return promise;
}

/// The new version and what follows from it are one transaction: whoever should have the package
/// should have this version of it.
result<rpc::package_update_answer> site_state::updated(const update_package& asked,
                                                       const storage::snapshot_outcome& made) {
  storage::site_database& database = *setup_.database;
  rpc::package_update_answer answer;
  answer.changed = !made.same;
  model::content_id content{asked.package, 0};
  const auto kept = database.transaction([&]() -> result<void> {
    auto now = database.package(asked.package);  // its name or priority may have changed meanwhile
    if (!now) { return now.error(); }
    SLUICE_CHECK(now->has_value());  // it cannot be removed while it is being updated
    storage::site_package& package = **now;
    content.version = package.row.version + 1;
    if (answer.changed) {
      package.row.version = content.version;
      package.row.files = made.facts.files;
      package.row.bytes = made.facts.bytes;
      package.row.manifest_hash = made.manifest_hash;
      package.row.created = setup_.parts.node.now();
      package.manifest_size = made.manifest_size;
      auto put = database.put_package(package.row, package.manifest_size);
      if (put) { put = send_to_targets(package, answer.sent); }
      if (!put) { return put; }
    }
    answer.row = package.row;
    return database.end_change(content);
  });
  if (!kept) {
    drop_for_site(content, [](const result<void>& dropped) {
      if (!dropped) { log::error("site", describe(dropped.error())); }
    });
    return kept.error();
  }
  answer.files_new = static_cast<std::uint32_t>(made.files_new);
  answer.bytes_new = made.bytes_new;
  const std::string id = asked.package.text();
  add_message(2300, {id, answer.changed ? "update" : "update: no change"});
  if (!answer.changed) { return answer; }
  package_added(asked.admin, answer.row);
  for (const std::string& name : answer.sent.started) {
    add_message(2342, {id, name});
    add_message(2357, {id, name});
    deliver_to(name, asked.package);
  }
  return answer;
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
          format("{0}: held since it was cancelled; it keeps what it has until: sluice distribute "
                 "{1} --dp {0}",
                 point.row.name, package.row.id.text()));
      continue;
    }
    auto sent = distribute_to(package, point.row.name, wish, answer);
    if (!sent) { return sent; }
  }
  return {};
}

/// A former version stays for a while at the site, as it does on the distribution points: clients
/// may still be reading it.
void site_state::sweep_superseded() {
  const node_parts& node = setup_.parts.node;
  self_->delayed_send(site_actor{self_}, superseded_interval, superseded_tick{});
  for (const storage::catalogue_entry& entry : node.catalogue->all()) {
    if (!is_for(entry, storage::library_user::site)) { continue; }
    const auto package = setup_.database->package(entry.content.package);
    if (!package) { return log::error("site", describe(package.error())); }
    if (!*package || (*package)->row.version <= entry.content.version) { continue; }
    if (node.now() - (*package)->row.created < node.kept.superseded) { continue; }
    drop_for_site(entry.content, [](const result<void>& dropped) {
      if (!dropped) { log::error("site", describe(dropped.error())); }
    });
  }
}

}  // namespace sluice::actors
