#include "storage/site_database_state.hpp"

/// Distribution point groups.
namespace sluice::storage {

namespace {

/// A member without a row of its own was never heard of.
constexpr std::string_view select_status =
    "SELECT p.package,"
    " count(CASE WHEN d.bucket = 1 THEN 1 END), count(CASE WHEN d.bucket = 2 THEN 1 END),"
    " count(CASE WHEN m.name IS NOT NULL AND coalesce(d.bucket, 3) = 3 THEN 1 END),"
    " count(CASE WHEN d.bucket = 4 THEN 1 END)"
    " FROM group_package p LEFT JOIN group_member m ON m.of_group = p.of_group"
    " LEFT JOIN distribution d ON d.package = p.package AND d.name = m.name AND NOT d.removing"
    " WHERE p.of_group = ? GROUP BY p.package ORDER BY p.package LIMIT ? OFFSET ?";

constexpr std::string_view select_groups =
    "SELECT name, (SELECT count(*) FROM group_member WHERE of_group = g.name),"
    " (SELECT count(*) FROM group_package WHERE of_group = g.name)"
    " FROM point_group g ORDER BY name LIMIT ? OFFSET ?";

}  // namespace

model::group_row site_database::state::read_group(const std::string& name) {
  model::group_row row;
  row.name = name;
  {
    auto member = prepare("SELECT name FROM group_member WHERE of_group = ? ORDER BY name");
    member.with(name);
    while (member.next()) { member.take(row.members.emplace_back()); }
  }
  auto package = prepare("SELECT package FROM group_package WHERE of_group = ? ORDER BY package");
  package.with(name);
  while (package.next()) { package.take(row.packages.emplace_back()); }
  row.members_total = static_cast<std::uint32_t>(row.members.size());
  row.packages_total = static_cast<std::uint32_t>(row.packages.size());
  return row;
}

result<void> site_database::put_group(const std::string& name) {
  return state_->write("record a group in", [&]() -> result<void> {
    state_->prepare("INSERT OR IGNORE INTO point_group (name) VALUES (?)").with(name).run();
    return {};
  });
}

result<void> site_database::forget_group(const std::string& name) {
  return state_->write("forget a group in", [&]() -> result<void> {
    for (const std::string_view text :
         {"DELETE FROM point_group WHERE name = ?", "DELETE FROM group_member WHERE of_group = ?",
          "DELETE FROM group_package WHERE of_group = ?"}) {
      state_->prepare(text).with(name).run();
    }
    return {};
  });
}

result<std::optional<model::group_row>> site_database::group(const std::string& name) {
  return state_->read_at_once("read a group in", [&]() -> std::optional<model::group_row> {
    {
      auto row = state_->prepare("SELECT 1 FROM point_group WHERE name = ?");
      if (!row.with(name).next()) { return std::nullopt; }
    }
    return state_->read_group(name);
  });
}

result<site_page<model::group_row>> site_database::groups(std::uint32_t offset,
                                                          std::uint32_t rows) {
  return state_->read_at_once("list the groups in", [&] {
    site_page<model::group_row> page;
    page.total = state_->count("SELECT count(*) FROM point_group");
    auto row = state_->prepare(select_groups);
    row.with(rows, offset);
    while (row.next()) {
      model::group_row& made = page.rows.emplace_back();
      row.take(made.name, made.members_total, made.packages_total);
    }
    return page;
  });
}

result<void> site_database::put_member(const std::string& group, const std::string& name,
                                       bool belongs) {
  return state_->write("record a member of a group in", [&]() -> result<void> {
    state_
        ->prepare(belongs ? "INSERT OR IGNORE INTO group_member (of_group, name) VALUES (?, ?)"
                          : "DELETE FROM group_member WHERE of_group = ? AND name = ?")
        .with(group, name)
        .run();
    return {};
  });
}

result<void> site_database::link_package(const std::string& group,
                                         const model::package_id& package) {
  return state_->write("link a package to a group in", [&]() -> result<void> {
    state_->prepare("INSERT OR IGNORE INTO group_package (of_group, package) VALUES (?, ?)")
        .with(group, package)
        .run();
    return {};
  });
}

result<site_page<model::group_status_row>> site_database::group_status(const std::string& name,
                                                                       std::uint32_t offset,
                                                                       std::uint32_t rows) {
  return state_->read_at_once("read the status of a group in", [&] {
    site_page<model::group_status_row> page;
    {
      auto total = state_->prepare("SELECT count(*) FROM group_package WHERE of_group = ?");
      total.with(name).next();
      total.take(page.total);
    }
    auto row = state_->prepare(select_status);
    row.with(name, rows, offset);
    while (row.next()) {
      model::group_status_row& made = page.rows.emplace_back();
      row.take(made.package, made.success, made.in_progress, made.unknown, made.failed);
    }
    return page;
  });
}

}  // namespace sluice::storage
