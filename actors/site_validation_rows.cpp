#include <algorithm>
#include <charconv>

#include "actors/site.hpp"
#include "actors/site_rules.hpp"
#include "actors/validation_words.hpp"

/// What validations change in the site database: S5 8 and back, and the jobs that heal.
namespace sluice::actors {

namespace {

using model::package_state;

/// The insertion, or "" when the message is not as it should be.
std::string insertion(const model::status_message& said, std::size_t at) {
  return at < said.insertions.size() ? said.insertions[at] : std::string();
}

/// A count, or 0 when it is none.
std::uint32_t count_in(const model::status_message& said, std::size_t at) {
  const std::string text = insertion(said, at);
  std::uint32_t count = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  if (read.ec != std::errc() || read.ptr != end) { return 0; }
  return std::min(count, limits::validation_contents_max);
}

/// What 2386 says: all that is known when its node does not answer any more.
void take_counts(model::validation_row& row, const model::status_message& said) {
  row.passed = count_in(said, 2);
  row.failed = count_in(said, 3);
  row.mismatched = count_in(said, 4);
  row.contents = row.contents_done = row.passed + row.failed;
}

}  // namespace

result<void> site_state::find_targets(const rpc::validation_request& request,
                                      validation_cycle& cycle) {
  storage::site_database& database = *setup_.database;
  const std::string what = request.package ? request.package->text() : "all";
  if (request.package) {
    auto package = database.package(*request.package);
    if (!package) { return package.error(); }
    if (!*package) {
      return error{errc::not_found, 0,
                   format("validate {}: there is no such package; see sluice package list", what)};
    }
  }
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  bool known = false;
  known_packages packages;
  for (const auto& point : *points) {
    if (request.distribution_point && *request.distribution_point != point.row.name) { continue; }
    known = true;
    auto found = find_target(request.package, point.row, packages, cycle);
    if (!found) { return found; }
  }
  if (!known) {
    return error{errc::not_found, 0,
                 format("validate {} on {}: there is no such distribution point; see sluice dp "
                        "list",
                        what, escaped(request.distribution_point.value_or("any")))};
  }
  if (cycle.targets.empty()) {
    return error{errc::not_found, 0,
                 format("validate {0}: it should be on {1}, see sluice status {0}", what,
                        request.distribution_point ? "that distribution point, and is not"
                                                   : "some distribution point, and is on none")};
  }
  return {};
}

/// Whatever it should hold; of all, also nothing: what it holds all the same is looked at.
result<void> site_state::find_target(const std::optional<model::package_id>& package,
                                     const model::distribution_point_row& point,
                                     known_packages& packages, validation_cycle& cycle) {
  storage::site_database& database = *setup_.database;
  validation_target target;
  target.row.distribution_point = point.name;
  if (!point.own) { target.address = control_target(point); }
  for (std::uint32_t offset = 0;; offset += limits::list_page_rows) {
    auto page = database.distributions(package, point.name, offset, limits::list_page_rows);
    if (!page) { return page.error(); }
    for (const model::distribution_row& shown : page->rows) {
      auto row = database.distribution(shown.package, point.name);
      if (!row) { return row.error(); }
      if (!*row || !should_hold(**row)) { continue; }
      if (!packages.contains(shown.package)) {
        auto known = database.package(shown.package);
        if (!known) { return known.error(); }
        packages.emplace(shown.package, *known ? (*known)->row : model::package_row{});
      }
      const model::package_row& known = packages.at(shown.package);
      if (known.version != shown.version) { continue; }
      target.desired.push_back({{shown.package, shown.version}, known.manifest_hash});
    }
    if (page->rows.size() < limits::list_page_rows) { break; }
  }
  if (!package || !target.desired.empty()) { cycle.targets.emplace(point.name, std::move(target)); }
  return {};
}

result<void> site_state::begin_monitoring(const std::string& name, validation_target& target) {
  if (target.said_over) { return {}; }
  storage::site_database& database = *setup_.database;
  return database.transaction([&]() -> result<void> {
    for (const rpc::desired_content& one : target.desired) {
      if (target.judged.contains(one.content.package)) { continue; }
      auto row = database.distribution(one.content.package, name);
      if (!row) { return row.error(); }
      if (!*row || (*row)->removing || (*row)->row.state != package_state::installed) { continue; }
      move(**row, package_state::content_monitoring);
      auto put = database.put_distribution(**row);
      if (!put) { return put; }
    }
    return {};
  });
}

void site_state::end_monitoring(const std::string& name) {
  const auto ended = setup_.database->end_monitoring(name);
  if (!ended) { log::error("site", describe(ended.error())); }
}

/// 2383, 2384, 2386 and 20009, as a distribution point says them; of its own rows only.
result<void> site_state::keep_validation_message(const std::string& name,
                                                 const model::status_message& said,
                                                 validation_news& news) {
  if (said.id == 2386 || said.id == 20009) { return setup_.database->end_monitoring(name); }
  if (said.id != 2383 && said.id != 2384) { return {}; }
  const auto package = model::package_id::parse(insertion(said, 0));
  if (!package) { return {}; }
  if (said.id == 2383) { return take_failed(*package, name, insertion(said, 3), news); }
  auto row = setup_.database->distribution(*package, name);
  if (!row) { return row.error(); }
  const bool is_former = *row && insertion(said, 1) != format("{}", (*row)->row.version);
  return is_former ? result<void>() : take_passed(*package, name, news);
}

/// What the cycle of the message remembers of it, once it is kept.
void site_state::note_validation_message(const std::string& name,
                                         const model::status_message& said) {
  const bool verdict = said.id == 2383 || said.id == 2384;
  if (!verdict && said.id != 2386 && said.id != 20009) { return; }
  const std::size_t cycle_at = said.id == 2384 ? 3 : said.id == 2383 ? 2 : 1;
  const auto id = model::cycle_id::parse(insertion(said, cycle_at));
  const auto cycle = id ? cycles_.find(*id) : cycles_.end();
  if (cycle == cycles_.end()) { return; }
  const auto found = cycle->second.targets.find(name);
  if (found == cycle->second.targets.end()) { return; }
  validation_target& target = found->second;
  if (verdict) {
    const auto package = model::package_id::parse(insertion(said, 0));
    if (package && !target.answered) { target.judged.insert(*package); }
    return;
  }
  target.said_over = true;
  if (said.id == 2386) {
    if (!target.over) { take_counts(target.row, said); }
    return refresh_validation(cycle->second, name);
  }
  target.row.state = model::validation_state::aborted;
  target.row.reason = insertion(said, 2);
  target.over = true;
}

void site_state::tell(const std::string& name, const validation_news& news) {
  for (const content_gained& mail : news.gained) {
    for (const auto& [other, proxy] : proxies_) { caf::anon_send(proxy, mail); }
  }
  for (const deliver& mail : news.healing) { deliver_to(name, mail.package); }
}

result<void> site_state::take_passed(const model::package_id& package, const std::string& name,
                                     validation_news& news) {
  storage::site_database& database = *setup_.database;
  auto found = database.distribution(package, name);
  if (!found) { return found.error(); }
  if (!*found || !should_hold(**found)) { return {}; }
  storage::site_distribution row = **found;
  if (row.row.state == package_state::installed) { return {}; }
  const bool healed = row.row.state == package_state::install_failed;  // S5 3 -> 0
  move(row, package_state::installed);
  if (!healed) { return database.put_distribution(row); }
  move(row, model::site_job_state::complete);
  row.row.reason.clear();
  row.row.changed = setup_.parts.node.now();
  row.heard = true;
  derive(row);
  const model::content_id content{package, row.row.version};
  news.gained.push_back({content, name});
  auto put = database.put_distribution(row);
  if (!put) { return put; }
  return database.put_available(content, name, true);
}

/// S5 8 -> 3, and for a pull distribution point on to 1: a new job fetches what is wrong (J9). A
/// job that is under way already finds it by itself when it commits.
result<void> site_state::take_failed(const model::package_id& package, const std::string& name,
                                     const std::string& reason, validation_news& news) {
  storage::site_database& database = *setup_.database;
  auto found = database.distribution(package, name);
  if (!found) { return found.error(); }
  auto point = database.distribution_point(name);
  if (!point) { return point.error(); }
  auto known = database.package(package);
  if (!known) { return known.error(); }
  if (!*found || !*point || !*known || !should_hold(**found)) { return {}; }
  storage::site_distribution row = **found;
  const bool stuck = reason.starts_with(still_in_service);
  const bool heals = !(*point)->row.own && !stuck;
  move(row, package_state::install_failed);
  row.row.changed = setup_.parts.node.now();
  row.row.reason = "failed content validation: " + reason;
  if (heals) {
    if (row.row.job) { repairing_.erase(*row.row.job); }
    const job_begin given = new_job((*known)->row.version, (*known)->row.bytes, false);
    begin_job(row, given);
    row.row.reason = "is being repaired; it failed content validation: " + reason;
    row.heard = true;
    repairing_.insert(given.job);
  } else if (stuck) {
    row.row.reason +=
        format(". Check its disk, then: sluice validate {} --dp {}", package.text(), name);
  } else {
    row.row.reason += format(
        ". Put its files back: sluice package add {0} --name repair, then: sluice validate {1} "
        "--dp {2}; if that does not help: sluice package remove {1}, and add it again",
        escaped((*known)->row.source_path), package.text(), name);
  }
  derive(row);
  if (heals) { news.healing.push_back({package}); }
  auto put = database.put_distribution(row);
  if (!put) { return put; }
  return database.put_available({package, row.row.version}, name, false);
}

/// 20003, once the job that heals has succeeded.
void site_state::say_repaired(const model::state_message& message) {
  switch (message.report) {
    case model::state_report::success: break;
    case model::state_report::failure:
    case model::state_report::cancelled: repairing_.erase(message.job); return;
    default: return;
  }
  if (repairing_.erase(message.job) == 0) { return; }
  add_message(20003, {message.content.package.text(), format("{}", message.pieces_verified),
                      message.source.empty() ? "its own library" : message.source});
}

}  // namespace sluice::actors
