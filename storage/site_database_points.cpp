#include "storage/site_database_state.hpp"

/// Distribution points: what the operator said of them, and what their nodes told.
namespace sluice::storage {

namespace {

// The columns of both, in the order of `take_point`. Counts cost an index entry for each content,
// so those who want all distribution points at once do without.
constexpr std::string_view select_counted =
    "SELECT name, control_address, mode, own, schedule, rate_limit, maintenance, prestaged, "
    "leaving,"
    " content_address, node, last_heard, epoch, acknowledged, build,"
    " (SELECT count(*) FROM distribution AS d WHERE d.name = distribution_point.name"
    " AND d.installed),"
    " (SELECT count(*) FROM distribution AS d WHERE d.name = distribution_point.name"
    " AND d.working),"
    " (SELECT count(*) FROM distribution AS d WHERE d.name = distribution_point.name"
    " AND d.bucket = 4 AND NOT d.cancelled),"
    " (SELECT count(*) FROM distribution AS d WHERE d.name = distribution_point.name"
    " AND d.state IN (2, 5))"
    " FROM distribution_point";
constexpr std::string_view select_uncounted =
    "SELECT name, control_address, mode, own, schedule, rate_limit, maintenance, prestaged, "
    "leaving,"
    " content_address, node, last_heard, epoch, acknowledged, build, 0, 0, 0, 0"
    " FROM distribution_point";
constexpr std::string_view put_point_text =
    "INSERT INTO distribution_point (name, control_address, mode, own, schedule, rate_limit,"
    " maintenance, prestaged, leaving) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET control_address = excluded.control_address,"
    " mode = excluded.mode, own = excluded.own, schedule = excluded.schedule,"
    " rate_limit = excluded.rate_limit, maintenance = excluded.maintenance,"
    " prestaged = excluded.prestaged, leaving = excluded.leaving";
// The right sides see the row as it was: the epoch before this one.
constexpr std::string_view put_registration_text =
    "UPDATE distribution_point SET node = ?2, epoch = ?3, content_address = ?4, build = ?5,"
    " last_heard = ?6, acknowledged = iif(epoch IS ?3, acknowledged, 0) WHERE name = ?1";

/// What was checked when it was written may still be unknown now: a zone that the time zone
/// database of this machine does not have (any more).
template <typename Value>
Value read_setting(const std::string& name, const result<Value>& read) {
  if (read) { return *read; }
  log::error("site_database", format("distribution point {}: {}; it goes without until it is set "
                                     "again",
                                     name, describe(read.error())));
  return {};
}

site_distribution_point take_point(site_statement& from) {
  site_distribution_point point;
  model::distribution_point_row& row = point.row;
  std::string schedule;
  std::string limit;
  from.take(row.name, row.control_address, row.mode, row.own, schedule, limit, row.maintenance,
            row.prestaged, row.leaving, row.content_address, row.node, row.last_heard, point.epoch,
            point.acknowledged, point.build, row.contents, row.jobs, row.failed, row.retrying);
  row.schedule = read_setting(row.name, model::parse_schedule(schedule));
  row.limit = read_setting(row.name, model::parse_rate_limit(limit));
  return point;
}

std::vector<model::source_choice> take_sources(site_statement& from) {
  std::vector<model::source_choice> sources;
  while (from.next()) {
    model::source_choice& choice = sources.emplace_back();
    from.take(choice.name, choice.priority);
  }
  return sources;
}

/// An id of zeros is none: the site's own distribution point has no node.
template <typename Id>
std::optional<Id> unless_zero(const Id& id) {
  if (id == Id{}) { return std::nullopt; }
  return id;
}

error not_known(const std::string& name) {
  return {errc::not_found, 0,
          format("find distribution point {} in the site database", escaped(name))};
}

/// What its node told of who was given content there.
void take_usage(site_statement& from, model::distribution_point_row& into) {
  while (from.next()) {
    model::usage_window& window = into.usage.emplace_back();
    from.take(window.days, window.clients, window.distribution_points, window.client_bytes,
              window.distribution_point_bytes, into.usage_changed);
  }
}

constexpr const char* select_usage =
    "SELECT days, clients, distribution_points, client_bytes, distribution_point_bytes, changed"
    " FROM usage WHERE name = ? ORDER BY days";
constexpr std::string_view select_sources =
    "SELECT name, priority FROM source WHERE distribution_point = ? ORDER BY position";

}  // namespace

result<void> site_database::put_distribution_point(const model::distribution_point_row& row) {
  return state_->write("record a distribution point in", [&]() -> result<void> {
    state_->prepare(put_point_text)
        .with(row.name, row.control_address, row.mode, row.own, model::text_of(row.schedule),
              model::text_of(row.limit), row.maintenance, row.prestaged, row.leaving)
        .run();
    state_->prepare("DELETE FROM source WHERE distribution_point = ?").with(row.name).run();
    int position = 0;
    for (const model::source_choice& choice : row.sources) {
      state_
          ->prepare(
              "INSERT INTO source (distribution_point, position, name, priority)"
              " VALUES (?, ?, ?, ?)")
          .with(row.name, position++, choice.name, choice.priority)
          .run();
    }
    return {};
  });
}

result<std::optional<site_distribution_point>> site_database::distribution_point(
    const std::string& name, numbers how) {
  using found = std::optional<site_distribution_point>;
  return state_->read_at_once("read a distribution point in", [&]() -> found {
    const auto select = how == numbers::counted ? select_counted : select_uncounted;
    auto row = state_->prepare(std::string(select) + " WHERE name = ?");
    if (!row.with(name).next()) { return std::nullopt; }
    site_distribution_point point = take_point(row);
    point.row.sources = take_sources(state_->prepare(select_sources).with(name));
    if (how == numbers::counted) {
      take_usage(state_->prepare(select_usage).with(name), point.row);
    }
    return point;
  });
}

result<std::optional<site_distribution_point>> site_database::distribution_point_of(
    const model::node_id& node) {
  using found = std::optional<site_distribution_point>;
  return state_->read_at_once("read a distribution point in", [&]() -> found {
    auto row = state_->prepare(std::string(select_uncounted) + " WHERE node = ?");
    if (!row.with(node).next()) { return std::nullopt; }
    site_distribution_point point = take_point(row);
    point.row.sources = take_sources(state_->prepare(select_sources).with(point.row.name));
    return point;
  });
}

result<std::vector<site_distribution_point>> site_database::all_distribution_points() {
  return state_->read_at_once("list the distribution points in", [&] {
    std::vector<site_distribution_point> points;
    auto row = state_->prepare(std::string(select_uncounted) + " ORDER BY name");
    while (row.next()) {
      points.push_back(take_point(row));
      model::distribution_point_row& shown = points.back().row;
      shown.sources = take_sources(state_->prepare(select_sources).with(shown.name));
    }
    return points;
  });
}

result<std::map<std::string, std::uint32_t>> site_database::failed_packages() {
  return state_->read_at_once("count what failed in", [&] {
    std::map<std::string, std::uint32_t> counts;
    auto row = state_->prepare(
        "SELECT name, count(*) FROM distribution WHERE bucket = 4 AND NOT cancelled GROUP BY name");
    while (row.next()) {
      std::string name;
      std::uint32_t count = 0;
      row.take(name, count);
      counts.emplace(std::move(name), count);
    }
    return counts;
  });
}

result<site_page<model::distribution_point_row>> site_database::distribution_points(
    std::uint32_t offset, std::uint32_t rows) {
  return state_->read_at_once("list the distribution points in", [&] {
    site_page<model::distribution_point_row> page;
    page.total = state_->count("SELECT count(*) FROM distribution_point");
    auto row = state_->prepare(std::string(select_counted) + " ORDER BY name LIMIT ? OFFSET ?");
    row.with(rows, offset);
    while (row.next()) {
      model::distribution_point_row& shown = page.rows.emplace_back(take_point(row).row);
      shown.sources = take_sources(state_->prepare(select_sources).with(shown.name));
      take_usage(state_->prepare(select_usage).with(shown.name), shown);
    }
    return page;
  });
}

result<void> site_database::forget_distribution_point(const std::string& name) {
  return state_->write("forget a distribution point in", [&]() -> result<void> {
    for (const char* text :
         {"DELETE FROM distribution_point WHERE name = ?",
          "DELETE FROM source WHERE distribution_point = ?",
          "DELETE FROM distribution WHERE name = ?", "DELETE FROM available WHERE name = ?",
          "DELETE FROM group_member WHERE name = ?", "DELETE FROM usage WHERE name = ?",
          "DELETE FROM host_setting WHERE name = ?"}) {
      state_->prepare(text).with(name).run();
    }
    return {};
  });
}

result<void> site_database::put_registration(const std::string& name, const model::node_id& node,
                                             const model::epoch_id& epoch,
                                             const std::string& content_address,
                                             const std::string& build, model::calendar_time when) {
  return state_->write("record a registration in", [&]() -> result<void> {
    const auto given_node = unless_zero(node);
    {
      auto other = state_->prepare(
          "SELECT name FROM distribution_point WHERE node = ?1"
          " AND name <> ?2");
      std::string taken_by;
      if (other.with(given_node, name).next()) {
        other.take(taken_by);
        return error{errc::conflict, 0,
                     format("register {0}: its node is registered as {1}; remove that distribution "
                            "point first, or give {0} a key of its own",
                            escaped(name), taken_by)};
      }
    }
    const int changed =
        state_->prepare(put_registration_text)
            .with(name, given_node, unless_zero(epoch), content_address, build, when)
            .run();
    if (changed == 0) { return not_known(name); }
    return {};
  });
}

result<void> site_database::put_heard(const std::string& name, model::calendar_time when) {
  return state_->write("record a heartbeat in", [&]() -> result<void> {
    const int changed =
        state_->prepare("UPDATE distribution_point SET last_heard = ?2 WHERE name = ?1")
            .with(name, when)
            .run();
    if (changed == 0) { return not_known(name); }
    return {};
  });
}

result<void> site_database::put_usage(const std::string& name,
                                      const std::vector<model::usage_window>& windows,
                                      model::calendar_time when) {
  return state_->write("record the usage of a distribution point in", [&]() -> result<void> {
    state_->prepare("DELETE FROM usage WHERE name = ?").with(name).run();
    for (const model::usage_window& window : windows) {
      state_
          ->prepare(
              "INSERT OR REPLACE INTO usage (name, days, clients, distribution_points,"
              " client_bytes, distribution_point_bytes, changed) VALUES (?, ?, ?, ?, ?, ?, ?)")
          .with(name, window.days, window.clients, window.distribution_points, window.client_bytes,
                window.distribution_point_bytes, when)
          .run();
    }
    return {};
  });
}

result<void> site_database::put_host_settings(const std::string& name,
                                              const std::vector<model::setting_row>& settings) {
  return state_->write("record the settings of a host in", [&]() -> result<void> {
    state_->prepare("DELETE FROM host_setting WHERE name = ?").with(name).run();
    int position = 0;
    for (const model::setting_row& setting : settings) {
      state_
          ->prepare(
              "INSERT INTO host_setting (name, position, setting, value, origin)"
              " VALUES (?, ?, ?, ?, ?)")
          .with(name, position++, setting.name, setting.value, setting.origin)
          .run();
    }
    return {};
  });
}

result<std::vector<model::setting_row>> site_database::host_settings(const std::string& name) {
  return state_->read_at_once("read the settings of a host in", [&] {
    std::vector<model::setting_row> settings;
    auto row = state_->prepare(
        "SELECT setting, value, origin FROM host_setting WHERE name = ? ORDER BY position");
    row.with(name);
    while (row.next()) {
      model::setting_row& one = settings.emplace_back();
      row.take(one.name, one.value, one.origin);
    }
    return settings;
  });
}

result<void> site_database::put_acknowledged(const std::string& name, std::uint64_t sequence) {
  return state_->write("record acknowledged reports in", [&]() -> result<void> {
    const int changed =
        state_->prepare("UPDATE distribution_point SET acknowledged = ?2 WHERE name = ?1")
            .with(name, sequence)
            .run();
    if (changed == 0) { return not_known(name); }
    return {};
  });
}

}  // namespace sluice::storage
