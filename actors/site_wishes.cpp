#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_targets.hpp"
#include "actors/site_words.hpp"

/// What an operator wishes of the site: packages, distribution points, distributions.
namespace sluice::actors {

namespace {

error not_known(const std::string& name) {
  return {errc::not_found, 0,
          format("find distribution point {}: see sluice dp list", escaped(name))};
}

/// A refused package leaves no gap in the ids.
void return_id(storage::site_database& database, const model::package_id& id) {
  const auto returned = database.return_package_id(id);
  if (!returned) { log::error("site", describe(returned.error())); }
}

}  // namespace

result<std::string> site_state::find_root(const std::string& folder) const {
  if (folder.empty() || folder.front() != '/') {
    return error{errc::invalid, 0,
                 format("read {}: the folder must be an absolute path of the site "
                        "server",
                        escaped(folder))};
  }
  std::string roots;
  for (const std::string& root : setup_.parts.policy.source_roots) {
    if (is_beneath(root, folder)) { return root; }
    roots += (roots.empty() ? "" : ", ") + root;
  }
  return error{errc::denied, 0,
               format("read {}: it is not beneath source_roots ({}); move it there or change the "
                      "site's configuration",
                      escaped(folder), roots.empty() ? "none" : roots)};
}

result<model::package_id> site_state::package_id_for(const rpc::package_add_request& request) {
  if (!request.id) {
    return setup_.database->allot_package_id(
        setup_.parts.code, [this](const model::package_id& id) {
          return !setup_.parts.node.catalogue->versions(id).empty();
        });
  }
  if (request.id->site != setup_.parts.code) {
    return error{errc::invalid, 0,
                 format("add package {}: ids of this site begin with {}", request.id->text(),
                        setup_.parts.code.text())};
  }
  const auto is_free = check_id_is_free(*request.id);
  if (!is_free) { return is_free.error(); }
  return *request.id;
}

result<void> site_state::check_id_is_free(const model::package_id& id) {
  auto existing = setup_.database->package(id);
  if (!existing) { return existing.error(); }
  if (*existing || adding_.contains(id)) {
    return error{errc::conflict, 0,
                 format("add package {0}: it exists; see sluice package show {0}", id.text())};
  }
  auto leaving = setup_.database->distributions(id, std::nullopt, 0, 1);
  if (!leaving) { return leaving.error(); }
  if (leaving->total > 0) {
    return error{
        errc::conflict, 0,
        format("add package {0}: an earlier one of this id is still being removed from {1}; "
               "see sluice status {0}, or choose another id",
               id.text(), leaving->rows.front().distribution_point)};
  }
  if (left_over_of(id)) {
    return error{
        errc::conflict, 0,
        format("add package {0}: the library holds one that is no package any more; first: "
               "sluice package remove {0}",
               id.text())};
  }
  return {};
}

caf::result<model::package_row> site_state::on_add_package(const add_package& asked) {
  const auto root = find_root(asked.request.folder);
  if (!root) { return to_caf(root.error()); }
  const auto id = package_id_for(asked.request);
  if (!id) { return to_caf(id.error()); }
  make_snapshot mail;
  mail.source_root = *root;
  mail.source_path = path_beneath(*root, asked.request.folder);
  mail.content = {*id, 1};
  mail.progress = asked.progress;
  const bool allotted = !asked.request.id;
  const auto begun = setup_.database->begin_change(mail.content);
  if (!begun) {
    if (allotted) { return_id(*setup_.database, *id); }
    return to_caf(begun.error());
  }
  adding_.insert(*id);
  add_message(2300, {id->text(), "add"});
  auto promise = self_->make_response_promise<model::package_row>();
  self_->request(setup_.parts.librarian, caf::infinite, std::move(mail))
      .then(
          [this, asked, id = *id, promise](const storage::snapshot_outcome& made) mutable {
            model::package_row row;
            row.id = id;
            row.name = asked.request.name;
            row.source_path = asked.request.folder;
            row.version = 1;
            row.files = made.facts.files;
            row.bytes = made.facts.bytes;
            row.manifest_hash = made.manifest_hash;
            row.created = setup_.parts.node.now();
            row.priority = asked.request.priority;
            put_added(asked, std::move(row), made.manifest_size, std::move(promise));
          },
          [this, id = *id, allotted, promise](caf::error& failure) mutable {
            adding_.erase(id);
            end_change({id, 1});  // a snapshot that failed leaves nothing in the library
            if (allotted) { return_id(*setup_.database, id); }
            if (from_caf(failure).code == errc::no_space) { drop_former_versions({}); }
            promise.deliver(std::move(failure));
          });
  return promise;
}

void site_state::package_added(const std::string& admin, const model::package_row& row) {
  const std::string version = format("{}", row.version);
  add_message(2376, {row.id.text(), version, format("{}", model::raw(row.bytes))});
  add_message(2311, {row.id.text(), version, admin});
  add_message(2301, {row.id.text(), version});
}

result<void> site_state::check_change(const model::distribution_point_row& changed) {
  if (!is_good_name(changed.name)) {
    return error{errc::invalid, 0,
                 format("name a distribution point '{}': use 1 to 64 letters, "
                        "digits, '.', '_' or '-'",
                        escaped(changed.name))};
  }
  if (changed.own) {
    return error{errc::invalid, 0,
                 format("change {}: the site server's own distribution point takes "
                        "its content from the site's library and has no mode or "
                        "sources",
                        changed.name)};
  }
  if (changed.control_address.find("://") != std::string::npos) {
    return error{errc::invalid, 0,
                 format("use '{}' as the address of {}: no sluiced runs in cloud storage, which "
                        "neither pulls nor is pushed to; write HOST:PORT of a node",
                        escaped(changed.control_address), changed.name)};
  }
  const bool outbound = changed.control_address == contact_outbound;
  if (!outbound && !io::endpoint::parse(changed.control_address)) {
    return error{errc::invalid, 0,
                 format("use '{}' as the address of {}: write HOST:PORT, or {} for a node that "
                        "asks for its commands",
                        escaped(changed.control_address), changed.name, contact_outbound)};
  }
  const bool pulls = changed.mode == model::distribution_point_mode::pull;
  if (outbound && !pulls) {
    return error{errc::invalid, 0,
                 format("make {} a standard distribution point: the site cannot connect to it to "
                        "push content, its address is {}",
                        changed.name, contact_outbound)};
  }
  if (pulls && changed.sources.empty()) {
    return error{errc::invalid, 0,
                 format("make {} a pull distribution point: it needs at least one "
                        "source: --source NAME:PRIORITY",
                        changed.name)};
  }
  if (changed.sources.size() > limits::sources_per_notification_max) {
    return error{
        errc::limit_reached, 0,
        format("give {} more than {} sources", changed.name, limits::sources_per_notification_max)};
  }
  return check_sources(*setup_.database, changed);
}

result<model::distribution_point_row> site_state::on_change(
    const change_distribution_point& asked) {
  storage::site_database& database = *setup_.database;
  auto existing =
      database.distribution_point(asked.request.name, storage::site_database::numbers::counted);
  if (!existing) { return existing.error(); }
  if (asked.add && *existing) {
    return error{errc::conflict, 0,
                 format("add distribution point {0}: it exists; change it with "
                        "sluice dp set {0}",
                        asked.request.name)};
  }
  if (!asked.add && !*existing) { return not_known(asked.request.name); }
  model::distribution_point_row base;
  if (*existing) { base = (*existing)->row; }
  base.name = asked.request.name;
  const bool ends_maintenance = base.maintenance && asked.request.maintenance == false;
  if (base.leaving || (base.maintenance && !ends_maintenance)) {
    return error{errc::conflict, 0,
                 base.leaving
                     ? format("change {}: it is being removed", base.name)
                     : format("change {0}: it is under maintenance; first: sluice dp set {0} "
                              "--maintenance off",
                              base.name)};
  }
  const model::distribution_point_row changed = with_changes(base, asked.request);
  const auto good = check_change(changed);
  if (!good) { return good.error(); }
  const auto put = database.transaction([&]() -> result<void> {
    auto kept = database.put_distribution_point(changed);
    if (kept && base.prestaged && !changed.prestaged) { kept = order_again(changed.name); }
    return kept;
  });
  if (!put) { return put.error(); }
  say(words_of(asked.add ? std::nullopt : std::optional(base), changed, asked.admin));
  spawn_proxy(changed.name);
  auto open = database.open_distributions();
  if (!open) { return open.error(); }
  for (const auto& row : *open) {  // other sources may end a wait
    if (row.row.distribution_point == changed.name) { deliver_to(changed.name, row.row.package); }
  }
  if (ends_maintenance) { broadcast_back(changed.name); }  // as a source it is back
  return changed;
}

/// What waits over there for prestaged content is ordered anew, to be fetched or pushed; in the
/// transaction of whoever calls.
result<void> site_state::order_again(const std::string& name) {
  storage::site_database& database = *setup_.database;
  auto open = database.open_distributions();
  if (!open) { return open.error(); }
  for (storage::site_distribution& row : *open) {
    const bool waits = row.row.distribution_point == name && !row.removing &&
                       row.node_state == model::job_state::waiting_prestage && !row.cancel_asked &&
                       !row.cancelled;
    if (!waits) { continue; }
    begin_job(row, new_job(row.row.version, row.row.bytes_total, row.redistribute));
    auto put = database.put_distribution(row);
    if (!put) { return put; }
  }
  return {};
}

result<void> site_state::on_remove_point(const remove_distribution_point& asked) {
  storage::site_database& database = *setup_.database;
  auto existing = database.distribution_point(asked.name);
  if (!existing) { return existing.error(); }
  if (!*existing) { return not_known(asked.name); }
  if ((*existing)->row.own) {
    return error{errc::invalid, 0,
                 format("remove {}: it is the site server's own distribution point", asked.name)};
  }
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  for (const auto& point : *points) {
    const auto& sources = point.row.sources;
    const bool used = std::any_of(sources.begin(), sources.end(),
                                  [&](const auto& choice) { return choice.name == asked.name; });
    if (used) {
      return error{errc::conflict, 0,
                   format("remove {0}: {1} has it as a source; first: sluice dp "
                          "source remove {1} {0}",
                          asked.name, point.row.name)};
    }
  }
  if (!asked.keep_content) {
    const auto leaving =
        begin_leaving(database, (*existing)->row, setup_.parts.policy.distribution.retry.number);
    if (!leaving) { return leaving.error(); }
    for (const model::package_id& package : *leaving) { deliver_to(asked.name, package); }
    if (!leaving->empty()) {
      add_message(3306, {"distribution point " + asked.name, "present", "leaving", asked.admin});
      return {};
    }
  }
  const auto forgotten = database.forget_distribution_point(asked.name);
  if (!forgotten) { return forgotten; }
  end_left_proxy(asked.name);
  add_message(3306, {"distribution point " + asked.name, "present", "removed", asked.admin});
  return {};
}

/// Of one that was forgotten.
void site_state::end_left_proxy(const std::string& name) {
  auto point = setup_.database->distribution_point(name);
  if (!point || *point) { return; }
  inventories_.erase(name);
  const auto proxy = proxies_.find(name);
  if (proxy == proxies_.end()) { return; }
  self_->send_exit(proxy->second, caf::exit_reason::user_shutdown);
  proxies_.erase(proxy);
}

}  // namespace sluice::actors
