#include "actors/site_rules.hpp"
#include "actors/site_services.hpp"

/// "sluice why": from the site's rows, in words.
namespace sluice::actors {

namespace {

std::string doing_of(const storage::site_distribution& row) {
  const model::distribution_row& shown = row.row;
  if (row.removing) { return "is being removed"; }
  if (is_installed(row)) { return "is complete, verified and served"; }
  if (row.cancelled) { return "was cancelled, and is held"; }
  if (row.cancel_asked) { return "is being cancelled"; }
  if (shown.state == model::package_state::install_failed) { return "has failed"; }
  if (row.node_state == model::job_state::waiting_for_source) {
    return row.pushed ? "waits for the site to push on" : "waits for a source";
  }
  if (row.node_state == model::job_state::parked) { return "is parked: the volume has no space"; }
  if (job_is_open(row)) {
    return format("is on its way: {}, {} %", model::name_of(row.node_state), shown.percent);
  }
  return "waits at the site";
}

std::string next_of(const storage::site_distribution& row) {
  if (row.removing) { return "the site asks the distribution point again"; }
  if (is_installed(row)) { return "nothing"; }
  if (row.cancelled) { return "nothing, until it is distributed again"; }
  if (row.cancel_asked) {
    return "the site asks the node until it answers; the node says when it stopped";
  }
  if (row.pushed && row.node_state == model::job_state::waiting_for_source) {
    return "the site opens its connections again";
  }
  if (row.node_state == model::job_state::waiting_for_source) {
    return "the distribution point asks all sources again, at once when one answers";
  }
  if (job_is_open(row)) { return "it reports when the last piece is verified"; }
  if (row.row.next_try) { return "the site looks again, at once when a source reports success"; }
  return "the site sends the notification";
}

}  // namespace

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

result<model::why_report> site_services::explain(const storage::site_distribution& row,
                                                 const storage::site_distribution_point& point) {
  const model::content_id content{row.row.package, row.row.version};
  model::why_report report;
  report.subject = format("{} on {}", content.text(), row.row.distribution_point);
  report.doing = doing_of(row);
  if (!row.row.reason.empty()) { report.doing += ": " + row.row.reason; }
  report.since = row.row.changed;
  report.next = next_of(row);
  report.next_time = row.row.next_try;
  const bool is_pushed = row.pushed || point.row.mode == model::distribution_point_mode::standard;
  for (const model::source_choice& choice : point.row.sources) {
    if (is_pushed) { break; }  // kept for when it pulls
    auto available = reading_->is_available(content, choice.name);
    if (!available) { return available.error(); }
    auto source = reading_->distribution_point(choice.name);
    if (!source) { return source.error(); }
    std::string verdict =
        *available ? "holds it, says the site" : "does not hold it, says the site";
    const bool silent = *source && !(*source)->row.own && (*source)->row.last_heard &&
                        now_() - *(*source)->row.last_heard > 3 * limits::heartbeat_interval;
    if (silent) { verdict += "; not heard of for more than 90 s"; }
    report.sources.push_back({choice.name, choice.priority, std::move(verdict)});
  }
  if (row.cancelled && !row.removing) {
    report.unblock =
        format("sluice distribute {} --dp {}", content.package.text(), row.row.distribution_point);
    return report;
  }
  const bool waits = row.node_state == model::job_state::waiting_for_source || !job_is_open(row);
  if (waits && !is_installed(row) && !row.removing && !report.sources.empty()) {
    report.unblock = format(
        "start one of its sources, distribute {} to one of them, or add another: "
        "sluice dp source add {} NAME:PRIORITY",
        content.package.text(), row.row.distribution_point);
  }
  return report;
}

}  // namespace sluice::actors
