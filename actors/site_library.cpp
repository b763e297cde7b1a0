#include <algorithm>

#include "actors/site.hpp"

/// What the content library holds for the site, and what the site database knows of it. A package
/// is in the library before it has a row, and until after the row is gone; whatever ends the site,
/// or fails, in between leaves a content without a package, and an open change in the database.
/// Only such a content goes by itself: one that this database never touched is somebody's.
namespace sluice::actors {

namespace {

constexpr auto for_site = storage::library_user::site;

}  // namespace

bool site_state::is_left_over(const model::content_id& content) {
  auto package = setup_.database->package(content.package);
  if (!package) {
    log::error("site", describe(package.error()));
    return false;
  }
  return !adding_.contains(content.package) && is_without_package(content, *package);
}

/// The newest one of this package.
std::optional<model::content_id> site_state::left_over_of(const model::package_id& package) {
  const auto held = setup_.parts.node.catalogue->newest(package, for_site);
  if (!held || !is_left_over(held->content)) { return std::nullopt; }
  return held->content;
}

/// Also when it is gone already.
void site_state::drop_for_site(const model::content_id& content,
                               std::function<void(result<void>)> then, bool older) {
  self_->request(setup_.parts.librarian, caf::infinite, drop_content{content, for_site, older})
      .then(
          [this, content, then](done) {
            end_change(content);
            then({});
          },
          [this, content, then](caf::error& failure) {
            const error given = from_caf(failure);
            if (given.code != errc::not_found) { return then(given); }
            end_change(content);
            then({});
          });
}

/// At the start.
result<void> site_state::drop_left_overs() {
  storage::site_database& database = *setup_.database;
  auto changes = database.open_changes();
  if (!changes) { return changes.error(); }
  const auto is_changing = [&](const model::content_id& content) {
    return std::binary_search(changes->begin(), changes->end(), content);
  };
  std::sort(changes->begin(), changes->end());
  for (const storage::catalogue_entry& entry : setup_.parts.node.catalogue->all()) {
    if (!entry.is_for(for_site) || !is_left_over(entry.content) || is_changing(entry.content)) {
      continue;
    }
    log::warning("site", format("the library holds {}, which the site database does not know; when "
                                "it is not wanted any more: sluice package remove {}",
                                entry.content.text(), entry.content.package.text()));
  }
  for (const model::content_id& content : *changes) {
    if (!is_left_over(content)) {
      auto ended = database.end_change(content);
      if (!ended) { return ended; }
      continue;
    }
    auto package = database.package(content.package);
    if (!package) { return package.error(); }
    log::warning("site",
                 format("an add, an update or a removal of {} was cut short: what the library "
                        "holds of it moves to trash",
                        content.text()));
    const auto gone = [](const result<void>& dropped) {
      if (!dropped) { log::error("site", describe(dropped.error())); }
    };
    // An update that was cut short leaves the package, and the version it has.
    drop_for_site(content, gone, !package->has_value());
  }
  return {};
}

void site_state::end_change(const model::content_id& content) {
  const auto ended = setup_.database->end_change(content);
  if (!ended) { log::error("site", describe(ended.error())); }  // the next start looks again
}

/// The row that makes the content a package; without it the library lets the content go again.
void site_state::put_added(const add_package& asked, model::package_row row,
                           model::byte_count manifest_size,
                           caf::typed_response_promise<model::package_row> promise) {
  const auto put = setup_.database->transaction([&]() -> result<void> {
    auto kept = setup_.database->put_package(row, manifest_size);
    return kept ? setup_.database->end_change({row.id, row.version}) : kept;
  });
  if (put) {
    adding_.erase(row.id);
    package_added(asked.admin, row);
    promise.deliver(std::move(row));
    return;
  }
  drop_for_site({row.id, row.version}, [this, id = row.id, failure = put.error(),
                                        promise](const result<void>& dropped) mutable {
    adding_.erase(id);
    if (!dropped) { log::error("site", describe(dropped.error())); }
    promise.deliver(to_caf(failure));
  });
}

/// With its former versions.
caf::result<done> site_state::drop_removed(const model::content_id& content) {
  auto promise = self_->make_response_promise<done>();
  const auto answer = [promise](const result<void>& dropped) mutable {
    if (dropped) {
      promise.deliver(done{});
    } else {
      promise.deliver(to_caf(dropped.error()));
    }
  };
  drop_for_site(content, answer, true);
  return promise;
}

caf::result<done> site_state::on_remove_package(const remove_package& asked) {
  storage::site_database& database = *setup_.database;
  auto package = database.package(asked.package);
  if (!package) { return to_caf(package.error()); }
  if (*package && adding_.contains(asked.package)) {
    return to_caf(error{errc::conflict, 0,
                        format("remove package {}: it is being updated; remove it after that",
                               asked.package.text())});
  }
  if (!*package) {
    const auto left_over = left_over_of(asked.package);  // an earlier removal ended halfway
    if (left_over) {
      const auto begun = database.begin_change(*left_over);
      if (!begun) { return to_caf(begun.error()); }
      return drop_removed(*left_over);
    }
    return to_caf(
        error{errc::not_found, 0,
              format("remove package {}: see sluice package list", asked.package.text())});
  }
  const model::content_id content{asked.package, (*package)->row.version};
  std::vector<std::string> names;
  const auto kept = database.transaction([&]() -> result<void> {
    auto begun = database.begin_change(content);
    return begun ? begin_removal(asked.package, names) : begun;
  });
  if (!kept) { return to_caf(kept.error()); }
  add_message(2311, {asked.package.text(), format("{}", content.version), asked.admin});
  for (const std::string& name : names) { deliver_to(name, asked.package); }
  return drop_removed(content);
}

/// From every distribution point, whose `names` are told; the package itself is gone at once.
result<void> site_state::begin_removal(const model::package_id& package,
                                       std::vector<std::string>& names) {
  storage::site_database& database = *setup_.database;
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  for (const auto& point : *points) {
    auto row = database.distribution(package, point.row.name);
    if (!row) { return row.error(); }
    if (!*row) { continue; }
    begin_removal_of(**row, setup_.parts.policy.distribution.retry.number,
                     "the package was removed");
    auto put = database.put_distribution(**row);
    if (!put) { return put; }
    names.push_back(point.row.name);
  }
  return database.forget_package(package);
}

}  // namespace sluice::actors
