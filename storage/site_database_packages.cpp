#include "storage/site_database_state.hpp"

/// Packages and their numbers.
namespace sluice::storage {

namespace {

constexpr std::uint32_t package_number_max = 0xFFFFF;

/// The columns, in the order of `take_package`.
constexpr std::string_view select_package =
    "SELECT id, name, source_path, version, files, bytes, manifest_hash, created, manifest_size,"
    " priority, (SELECT count(*) FROM distribution WHERE package = package.id AND NOT removing)"
    " FROM package WHERE id = ?";
constexpr std::string_view select_packages =
    "SELECT id, name, source_path, version, files, bytes, manifest_hash, created, manifest_size,"
    " priority, (SELECT count(*) FROM distribution WHERE package = package.id AND NOT removing)"
    " FROM package ORDER BY id LIMIT ? OFFSET ?";
constexpr std::string_view put_package_text =
    "INSERT INTO package (id, name, source_path, version, files, bytes, manifest_hash,"
    " created, manifest_size, priority) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, source_path = excluded.source_path,"
    " version = excluded.version, files = excluded.files, bytes = excluded.bytes,"
    " manifest_hash = excluded.manifest_hash, created = excluded.created,"
    " manifest_size = excluded.manifest_size, priority = excluded.priority";

site_package take_package(site_statement& from) {
  site_package package;
  model::package_row& row = package.row;
  from.take(row.id, row.name, row.source_path, row.version, row.files, row.bytes, row.manifest_hash,
            row.created, package.manifest_size, row.priority, row.targets);
  return package;
}

}  // namespace

result<model::package_id> site_database::allot_package_id(
    const model::site_code& site, const std::function<bool(const model::package_id&)>& held) {
  model::package_id given{site, 1};
  const auto done = state_->write("allot a package id in", [&]() -> result<void> {
    {
      auto next = state_->prepare("SELECT next FROM package_number WHERE site = ?");
      if (next.with(site).next()) { next.take(given.number); }
    }
    // An operator may have chosen this number; or it is still being removed somewhere.
    auto taken = [&] {
      auto row = state_->prepare(
          "SELECT 1 FROM package WHERE id = ?1"
          " UNION ALL SELECT 1 FROM distribution WHERE package = ?1");
      return row.with(given).next();
    };
    while (given.number <= package_number_max && (taken() || held(given))) { ++given.number; }
    if (given.number > package_number_max) {
      return error{errc::limit_reached, 0,
                   format("allot a package id: all numbers of site {} were given once; choose a "
                          "free one with --id",
                          site.text())};
    }
    state_->prepare("INSERT OR REPLACE INTO package_number (site, next) VALUES (?, ?)")
        .with(site, given.number + 1)
        .run();
    return {};
  });
  if (!done) { return done.error(); }
  return given;
}

result<void> site_database::return_package_id(const model::package_id& id) {
  return state_->write("return a package id in", [&]() -> result<void> {
    state_->prepare("UPDATE package_number SET next = ? WHERE site = ? AND next = ?")
        .with(id.number, id.site, id.number + 1)
        .run();
    return {};
  });
}

result<void> site_database::put_package(const model::package_row& package,
                                        model::byte_count manifest_size) {
  return state_->write("record a package in", [&]() -> result<void> {
    state_->prepare(put_package_text)
        .with(package.id, package.name, package.source_path, package.version, package.files,
              package.bytes, package.manifest_hash, package.created, manifest_size,
              package.priority)
        .run();
    return {};
  });
}

result<std::optional<site_package>> site_database::package(const model::package_id& id) {
  return state_->read("read a package in", [&]() -> std::optional<site_package> {
    auto row = state_->prepare(select_package);
    if (!row.with(id).next()) { return std::nullopt; }
    return take_package(row);
  });
}

result<site_page<model::package_row>> site_database::packages(std::uint32_t offset,
                                                              std::uint32_t rows) {
  return state_->read_at_once("list the packages in", [&] {
    site_page<model::package_row> page;
    page.total = state_->count("SELECT count(*) FROM package");
    auto row = state_->prepare(select_packages);
    row.with(rows, offset);
    while (row.next()) { page.rows.push_back(take_package(row).row); }
    return page;
  });
}

result<void> site_database::forget_package(const model::package_id& id) {
  return state_->write("forget a package in", [&]() -> result<void> {
    state_->prepare("DELETE FROM package WHERE id = ?").with(id).run();
    state_->prepare("DELETE FROM group_package WHERE package = ?").with(id).run();
    return {};
  });
}

result<void> site_database::begin_change(const model::content_id& content) {
  return state_->write("record a change of the library in", [&]() -> result<void> {
    state_->prepare("INSERT OR IGNORE INTO library_change (content) VALUES (?)")
        .with(content)
        .run();
    return {};
  });
}

result<void> site_database::end_change(const model::content_id& content) {
  return state_->write("record the end of a change of the library in", [&]() -> result<void> {
    state_->prepare("DELETE FROM library_change WHERE content = ?").with(content).run();
    return {};
  });
}

result<std::vector<model::content_id>> site_database::open_changes() {
  return state_->read("read the open changes of the library in", [&] {
    std::vector<model::content_id> found;
    auto row = state_->prepare("SELECT content FROM library_change ORDER BY content");
    while (row.next()) { row.take(found.emplace_back()); }
    return found;
  });
}

result<std::map<model::content_id, model::digest>> site_database::manifest_hashes() {
  return state_->read_at_once("read the manifests of the packages in", [&] {
    std::map<model::content_id, model::digest> hashes;
    auto row = state_->prepare("SELECT id, version, manifest_hash FROM package");
    while (row.next()) {
      model::content_id content;
      model::digest hash;
      row.take(content.package, content.version, hash);
      hashes.emplace(content, hash);
    }
    return hashes;
  });
}

}  // namespace sluice::storage
