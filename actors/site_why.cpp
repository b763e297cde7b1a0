#include <algorithm>

#include "actors/site_explanation.hpp"
#include "actors/site_services.hpp"
#include "actors/site_words.hpp"

/// "sluice why" and "sluice dp settings": what they need of the site's rows.
namespace sluice::actors {

void site_services::show_policy(const site_policy& policy) {
  const std::lock_guard lock(reading_mutex_);
  site_settings_ = policy.shown;
  own_host_settings_ = policy.own_host;
  source_protocols_ = policy.distribution.source_protocols;
}

/// A15.
result<std::vector<model::setting_row>> site_services::distribution_point_settings(
    const rpc::principal&, const std::string& name) {
  const std::lock_guard lock(reading_mutex_);
  auto point = reading_->distribution_point(name);
  if (!point) { return point.error(); }
  if (!*point) {
    return error{errc::not_found, 0,
                 format("show the settings of {}: there is no such distribution point; see "
                        "sluice dp list",
                        escaped(name))};
  }
  auto host = (*point)->row.own ? own_host_settings_ : reading_->host_settings(name);
  if (!host) { return host.error(); }
  if (host->empty()) { host->push_back({"of its host", "not told yet", "its next registration"}); }
  return effective_settings(site_settings_, (*point)->row, *host);
}

result<model::why_report> site_services::why(const rpc::principal&, model::package_id package,
                                             const std::string& distribution_point) {
  const std::lock_guard lock(reading_mutex_);
  auto row = reading_->distribution(package, distribution_point);
  if (!row) { return row.error(); }
  auto point = reading_->distribution_point(distribution_point);
  if (!point) { return point.error(); }
  if (!*row || !*point) {
    return error{
        errc::not_found, 0,
        format("explain {0} on {1}: it was never sent there: sluice distribute {0} --dp {1}",
               package.text(), escaped(distribution_point))};
  }
  return explain(**row, **point);
}

bool site_services::is_silent(const model::distribution_point_row& point) const {
  return !point.own && point.last_heard &&
         now_() - *point.last_heard > 3 * limits::heartbeat_interval;
}

result<model::why_report> site_services::explain(const storage::site_distribution& row,
                                                 const storage::site_distribution_point& point) {
  const model::content_id content{row.row.package, row.row.version};
  why_facts facts;
  facts.row = row;
  facts.silent = is_silent(point.row);
  facts.pushed = row.pushed || point.row.mode == model::distribution_point_mode::standard;
  auto points = reading_->all_distribution_points();
  if (!points) { return points.error(); }
  for (const storage::site_distribution_point& other : *points) {
    const auto choice =
        std::ranges::find(point.row.sources, other.row.name, &model::source_choice::name);
    const bool is_source = choice != point.row.sources.end();
    if (!is_source && !facts.holder.empty()) { continue; }
    auto holds = reading_->is_available(content, other.row.name);
    if (!holds) { return holds.error(); }
    if (is_source && !facts.pushed) {
      facts.sources.push_back({*choice, *holds, is_silent(other.row)});
    }
    if (!is_source && *holds && other.row.name != point.row.name) { facts.holder = other.row.name; }
  }
  std::ranges::stable_sort(facts.sources, {}, [](const auto& one) { return one.choice.priority; });
  return actors::explain(facts);
}

}  // namespace sluice::actors
