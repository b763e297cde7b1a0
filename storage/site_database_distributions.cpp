#include <array>

#include "storage/site_database_state.hpp"

/// Distributions: what should be where, and what became of it.
namespace sluice::storage {

namespace {

/// In the order of `every_column`; the first two are the key.
constexpr std::array<std::string_view, 31> column_names{"package",
                                                        "name",
                                                        "version",
                                                        "bucket",
                                                        "state",
                                                        "job",
                                                        "job_state",
                                                        "percent",
                                                        "bytes_total",
                                                        "bytes_done",
                                                        "bytes_transferred",
                                                        "pieces_verified",
                                                        "bytes_per_second",
                                                        "remaining",
                                                        "source",
                                                        "tries_left",
                                                        "next_try",
                                                        "reason",
                                                        "changed",
                                                        "redistribute",
                                                        "heard",
                                                        "cancelled",
                                                        "removing",
                                                        "last_sequence",
                                                        "node_state",
                                                        "polls",
                                                        "cancel_asked",
                                                        "held_by",
                                                        "pushed",
                                                        "discard",
                                                        "former_job"};
constexpr std::size_t key_columns = 2;

/// Calls `use` with the fields of a row that stand in columns.
template <typename Row, typename Use>
void every_column(Row& row, Use use) {
  auto& shown = row.row;
  use(shown.package, shown.distribution_point, shown.version, shown.bucket, shown.state, shown.job,
      shown.job_state, shown.percent, shown.bytes_total, shown.bytes_done, shown.bytes_transferred,
      shown.pieces_verified, shown.bytes_per_second, shown.remaining, shown.source,
      shown.tries_left, shown.next_try, shown.reason, shown.changed, row.redistribute, row.heard,
      row.cancelled, row.removing, row.last_sequence, row.node_state, row.polls, row.cancel_asked,
      row.held_by, row.pushed, row.discard, row.former_job);
}

std::string list_of_columns() {
  std::string names;
  for (const std::string_view name : column_names) {
    names += format("{}{}", names.empty() ? "" : ", ", name);
  }
  return names;
}

std::string select_where(std::string_view which) {
  static const std::string names = list_of_columns();
  return format("SELECT {} FROM distribution {}", names, which);
}

/// Not "INSERT OR REPLACE": that would move the row, and with it every index entry.
std::string make_put_text() {
  std::string values;
  std::string changes;
  for (std::size_t i = 0; i < column_names.size(); ++i) {
    values += i == 0 ? "?" : ", ?";
    if (i < key_columns) { continue; }
    changes += format("{0}{1} = excluded.{1}", changes.empty() ? "" : ", ", column_names.at(i));
  }
  return format(
      "INSERT INTO distribution ({}) VALUES ({}) ON CONFLICT (package, name)"
      " DO UPDATE SET {}",
      list_of_columns(), values, changes);
}

site_distribution take_distribution(site_statement& from) {
  site_distribution row;
  every_column(row, [&](auto&... columns) { from.take(columns...); });
  return row;
}

std::optional<site_distribution> take_one(site_statement& from) {
  if (!from.next()) { return std::nullopt; }
  return take_distribution(from);
}

/// An index answers each of the four; a condition with "OR ? IS NULL" would read every row.
std::string_view condition(bool by_package, bool by_name) {
  if (by_package && by_name) { return "WHERE package = ?1 AND name = ?2"; }
  if (by_package) { return "WHERE package = ?1 AND ?2 IS NULL"; }
  if (by_name) { return "WHERE name = ?2 AND ?1 IS NULL"; }
  return "WHERE ?1 IS NULL AND ?2 IS NULL";
}

}  // namespace

result<void> site_database::put_distribution(const site_distribution& row) {
  return state_->write("record a distribution in", [&]() -> result<void> {
    static const std::string text = make_put_text();
    auto put = state_->prepare(text);
    every_column(row, [&](const auto&... columns) { put.with(columns...); });
    put.run();
    return {};
  });
}

result<std::optional<site_distribution>> site_database::distribution(
    const model::package_id& package, const std::string& name) {
  return state_->read("read a distribution in", [&] {
    auto row = state_->prepare(select_where("WHERE package = ? AND name = ?"));
    return take_one(row.with(package, name));
  });
}

result<std::optional<site_distribution>> site_database::distribution_of(const model::job_id& job) {
  return state_->read("read the distribution of a job in", [&] {
    auto row = state_->prepare(select_where("WHERE job = ?"));
    return take_one(row.with(job));
  });
}

result<std::vector<site_distribution>> site_database::open_distributions() {
  return state_->read("list the open distributions in", [&] {
    std::vector<site_distribution> open;
    // A job that the site gave up, or follows no more, may be one that is to be stopped.
    auto row =
        state_->prepare(select_where("WHERE unsettled UNION ALL ") +
                        select_where("WHERE cancel_asked AND NOT unsettled UNION ALL ") +
                        select_where("WHERE discard AND NOT cancel_asked AND NOT unsettled") +
                        " ORDER BY package, name");
    while (row.next()) { open.push_back(take_distribution(row)); }
    return open;
  });
}

result<std::vector<site_distribution>> site_database::without_tries(const std::string& name) {
  return state_->read("list the distributions without a try in", [&] {
    std::vector<site_distribution> found;
    auto row = state_->prepare(select_where("WHERE name = ? AND tries_left = 0 ORDER BY package"));
    row.with(name);
    while (row.next()) { found.push_back(take_distribution(row)); }
    return found;
  });
}

result<site_page<model::distribution_row>> site_database::distributions(
    const std::optional<model::package_id>& package, const std::optional<std::string>& name,
    std::uint32_t offset, std::uint32_t rows) {
  return state_->read_at_once("list the distributions in", [&] {
    const std::string_view which = condition(package.has_value(), name.has_value());
    site_page<model::distribution_row> page;
    {
      auto total = state_->prepare(format("SELECT count(*) FROM distribution {}", which));
      total.with(package, name).next();
      total.take(page.total);
    }
    auto row = state_->prepare(
        select_where(format("{} ORDER BY package, name LIMIT ?3 OFFSET ?4", which)));
    row.with(package, name, rows, offset);
    while (row.next()) { page.rows.push_back(take_distribution(row).row); }
    return page;
  });
}

result<void> site_database::forget_distribution(const model::package_id& package,
                                                const std::string& name) {
  return state_->write("forget a distribution in", [&]() -> result<void> {
    state_->prepare("DELETE FROM distribution WHERE package = ? AND name = ?")
        .with(package, name)
        .run();
    return {};
  });
}

result<void> site_database::end_monitoring(const std::optional<std::string>& name) {
  return state_->write("end the monitoring of contents in", [&]() -> result<void> {
    using model::package_state;
    if (name) {
      state_->prepare("UPDATE distribution SET state = ? WHERE name = ? AND state = ?")
          .with(package_state::installed, *name, package_state::content_monitoring)
          .run();
    } else {
      state_->prepare("UPDATE distribution SET state = ? WHERE state = ?")
          .with(package_state::installed, package_state::content_monitoring)
          .run();
    }
    return {};
  });
}

}  // namespace sluice::storage
