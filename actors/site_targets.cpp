#include "actors/site_targets.hpp"

#include <algorithm>
#include <set>

#include "actors/site_rules.hpp"

namespace sluice::actors {

result<std::vector<std::string>> names_of(storage::site_database& database,
                                          const rpc::distribute_request& wish) {
  if (wish.distribution_points.empty() && wish.groups.empty()) {
    return error{errc::invalid, 0,
                 format("distribute {0}: say where to: sluice distribute {0} --dp NAME, or --group "
                        "NAME",
                        wish.package.text())};
  }
  std::vector<std::string> names = wish.distribution_points;
  for (const std::string& name : wish.groups) {
    auto group = database.group(name);
    if (!group) { return group.error(); }
    if (!*group) {
      return error{errc::not_found, 0,
                   format("distribute to group {}: there is no such group; see sluice group list",
                          escaped(name))};
    }
    names.insert(names.end(), (*group)->members.begin(), (*group)->members.end());
  }
  std::set<std::string> seen;
  std::erase_if(names, [&](const std::string& name) { return !seen.insert(name).second; });
  return names;
}

result<bool> has_source(storage::site_database& database, const model::package_row& package,
                        const model::distribution_point_row& point) {
  if (point.own || point.mode == model::distribution_point_mode::standard) { return true; }
  for (const model::source_choice& choice : point.sources) {
    auto row = database.distribution(package.id, choice.name);
    if (!row) { return row.error(); }
    if (*row && !(*row)->removing && !(*row)->cancelled) { return true; }
    auto available = database.is_available({package.id, package.version}, choice.name);
    if (!available || *available) { return available; }
  }
  return false;
}

result<void> add_sources(storage::site_database& database, const model::package_row& package,
                         std::vector<std::string>& names) {
  std::set<std::string> named(names.begin(), names.end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto point = database.distribution_point(names[i]);
    if (!point) { return point.error(); }
    if (!*point || (*point)->row.sources.empty()) { continue; }
    auto found = has_source(database, package, (*point)->row);
    if (!found) { return found.error(); }
    const auto& sources = (*point)->row.sources;
    const bool among = std::any_of(sources.begin(), sources.end(),
                                   [&](const auto& choice) { return named.contains(choice.name); });
    if (*found || among) { continue; }
    const auto first = std::min_element(
        sources.begin(), sources.end(),
        [](const auto& one, const auto& other) { return one.priority < other.priority; });
    names.push_back(first->name);
    named.insert(first->name);
  }
  return {};
}

result<void> warn_of_sources(storage::site_database& database, const model::package_row& package,
                             const std::vector<std::string>& names,
                             rpc::distribute_answer& answer) {
  const std::set<std::string_view> named(names.begin(), names.end());
  const auto is_named = [&](const model::source_choice& source) {
    return named.contains(source.name);
  };
  for (const std::string& name : answer.started) {
    auto point = database.distribution_point(name);
    if (!point) { return point.error(); }
    if (!*point) { continue; }
    const auto& sources = (*point)->row.sources;
    if (std::any_of(sources.begin(), sources.end(), is_named)) { continue; }
    auto found = has_source(database, package, (*point)->row);
    if (!found) { return found.error(); }
    if (*found) { continue; }
    answer.warnings.push_back(
        format("{0}: none of its sources holds or will get {1}; it waits until one does: sluice "
               "distribute {1} --dp {2}, or --with-sources",
               name, package.id.text(), sources.empty() ? "NAME" : sources.front().name));
  }
  return {};
}

bool push_instead(distribution_facts& facts, const model::distribution_point_row& point,
                  const storage::site_distribution& target, const std::string& site) {
  const bool is_standard = point.mode == model::distribution_point_mode::standard && !point.own;
  facts.pushed = facts.target.job_open ? target.pushed : is_standard && !point.prestaged;
  // One that waits for prestaged content is told whom it waits for, and is sent nothing.
  const bool waits = is_standard && point.prestaged && !facts.target.job_open;
  if (!facts.pushed && !waits) { return false; }
  facts.content_address = point.content_address;
  if (is_standard) {  // E4: of one that pulls now they are inactive, also for what is pushed on
    facts.schedule = point.schedule;
    facts.limit = point.limit;
  }
  const model::source_entry entry{site, {}, "", std::string(model::push_protocol), 1};
  facts.notification.sources = {entry};
  facts.target.sources = {entry};
  facts.target.source_has_it = {true};
  return true;
}

result<void> check_sources(storage::site_database& database,
                           const model::distribution_point_row& changed) {
  for (const model::source_choice& choice : changed.sources) {
    auto source = database.distribution_point(choice.name);
    if (!source) { return source.error(); }
    if (!*source && choice.name != changed.name) {
      return error{errc::not_found, 0,
                   format("find distribution point {}: see sluice dp list", escaped(choice.name))};
    }
    if (*source && (*source)->row.leaving) {
      return error{errc::conflict, 0,
                   format("make {} a source of {}: it is being removed; choose another: sluice dp "
                          "list",
                          choice.name, changed.name)};
    }
  }
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  std::vector<model::source_edge> edges;
  const auto add_edges = [&](const model::distribution_point_row& row) {
    for (const auto& choice : row.sources) { edges.push_back({row.name, choice.name}); }
  };
  for (const auto& point : *points) {
    if (point.row.name != changed.name) { add_edges(point.row); }
  }
  add_edges(changed);
  const auto cycle = model::source_cycle(edges);
  if (cycle) {
    return error{errc::conflict, 0,
                 format("use these sources for {}: they form a ring: {}", changed.name, *cycle)};
  }
  return {};
}

result<std::vector<model::package_id>> begin_leaving(storage::site_database& database,
                                                     model::distribution_point_row point,
                                                     std::uint32_t tries) {
  std::vector<model::package_id> packages;
  const auto kept = database.transaction([&]() -> result<void> {
    for (std::uint32_t offset = 0; true; offset += limits::list_page_rows) {
      auto page = database.distributions(std::nullopt, point.name, offset, limits::list_page_rows);
      if (!page) { return page.error(); }
      for (const auto& shown : page->rows) { packages.push_back(shown.package); }
      if (page->rows.size() < limits::list_page_rows) { break; }
    }
    for (const model::package_id& package : packages) {
      auto row = database.distribution(package, point.name);
      if (!row) { return row.error(); }
      begin_removal_of(**row, tries, format("{} is being removed", point.name));
      auto put = database.put_distribution(**row);
      if (!put) { return put; }
    }
    point.leaving = !packages.empty();
    return database.put_distribution_point(point);
  });
  if (!kept) { return kept.error(); }
  return packages;
}

result<void> forget_if_left(storage::site_database& database, const std::string& name) {
  auto point = database.distribution_point(name);
  if (!point) { return point.error(); }
  if (!*point || !(*point)->row.leaving) { return {}; }
  auto left = database.distributions(std::nullopt, name, 0, 1);
  if (!left) { return left.error(); }
  return left->total > 0 ? result<void>() : database.forget_distribution_point(name);
}

result<std::vector<std::string>> targets_of(storage::site_database& database,
                                            const rpc::cancel_request& request) {
  if (!request.distribution_points.empty()) { return request.distribution_points; }
  std::vector<std::string> names;
  for (std::uint32_t offset = 0; true; offset += limits::list_page_rows) {
    auto page =
        database.distributions(request.package, std::nullopt, offset, limits::list_page_rows);
    if (!page) { return page.error(); }
    for (const auto& row : page->rows) { names.push_back(row.distribution_point); }
    if (page->rows.size() < limits::list_page_rows) { return names; }
  }
}

}  // namespace sluice::actors
