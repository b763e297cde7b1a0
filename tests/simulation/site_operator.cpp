#include "tests/simulation/site_operator.hpp"

#include <algorithm>

namespace sluice::simulation {

namespace {

const std::string root = "root";
constexpr std::size_t large_package = 50;  ///< has a file that several sources bring together

using sources = std::vector<model::source_choice>;

/// A tree, with equal priorities, and with standard distribution points, which are sources, too.
const std::vector<std::pair<std::string, sources>>& topology() {
  static const std::vector<std::pair<std::string, sources>> all{
      {"dp1", {{"site", 1}}},
      {"dp2", {{"site", 1}}},
      {"dp3", {}},
      {"dp4", {{"dp1", 1}, {"dp2", 1}, {"site", 2}}},
      {"dp5", {{"dp1", 1}, {"site", 2}}},
      {"dp6", {{"dp2", 1}, {"dp3", 2}}},
      {"dp7", {{"dp3", 1}, {"site", 5}}},
      {"dp8", {{"dp4", 1}, {"dp5", 2}}},
      {"dp9", {{"dp6", 1}, {"site", 2}}},
      {"dp10", {}},
      {"dp11", {{"dp10", 1}, {"site", 2}}},
      {"dp12", {{"dp7", 1}, {"dp8", 2}, {"dp9", 3}}},
  };
  return all;
}

}  // namespace

site_operator::site_operator(joint_time& time, simulated_node& site,
                             std::vector<std::string> points, std::uint64_t seed)
    : time_(time), site_(site), points_(std::move(points)), random_(seed) {}

/// A site that is down answers nobody, and one that goes down may have done it.
template <typename Answer, typename Question>
void site_operator::ask(const std::string& what, Question question,
                        std::function<void(const result<Answer>&)> answered) {
  ++count_;
  trace("operator " + what);
  const auto heard = [this, what, answered = std::move(answered)](const result<Answer>& answer) {
    trace(format("operator {}: {}", what, answer ? "ok" : describe(answer.error())));
    answered(answer);
  };
  if (!site_.is_up()) { return heard(error{errc::unreachable, 0, what}); }
  time_.ask<Answer>(site_.actors().site, std::move(question), heard);
}

void site_operator::add_points() {
  for (const auto& [name, from] : topology()) {
    rpc::distribution_point_request request;
    request.name = name;
    request.control_address = name + ":8611";
    request.mode = from.empty() ? model::distribution_point_mode::standard
                                : model::distribution_point_mode::pull;
    request.sources = from;
    ask<model::distribution_point_row>(
        "adds " + name, actors::change_distribution_point{request, true, root},
        [](const result<model::distribution_point_row>& row) { SLUICE_CHECK(row.ok()); });
  }
}

known_package* site_operator::some_package() {
  if (packages_.empty()) { return nullptr; }
  known_package* const found = packages_[random_() % packages_.size()].get();
  return found->id && !found->removed && !found->asked ? found : nullptr;
}

std::string site_operator::some_point() { return points_[random_() % points_.size()]; }

/// Most files are small, some have pieces; some are the same as one of another package.
void site_operator::write(known_package& package, const std::string& path) {
  const auto kind = random_() % 40;
  std::size_t size = random_() % 8000;
  if (kind == 0) { size = 0; }
  if (kind == 1) { size = 1'048'576 + random_() % 1'500'000; }
  if (packages_.size() == large_package && package.now.empty()) {
    size = limits::range_per_message + 1'048'576 + random_() % 1'048'576;
  }
  std::string bytes(size, '\0');
  seeded_random letters(random_() % (kind < 20 ? 50 : 1'000'000));
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = letters();
    bytes.replace(i, std::min<std::size_t>(8, size - i), reinterpret_cast<const char*>(&word),
                  std::min<std::size_t>(8, size - i));
  }
  time_.world().put_file(site_.name(), package.folder.substr(1) + "/" + path, bytes);
  package.now[path] = std::move(bytes);
}

void site_operator::add_package() {
  if (!site_.is_up()) { return; }
  packages_.push_back(std::make_unique<known_package>());
  known_package& package = *packages_.back();
  package.folder = format("/srv/packages/p{}", packages_.size());
  package.asked = true;
  for (auto files = 1 + random_() % 6; files > 0; --files) {
    write(package, format("{}f{}", random_() % 3 == 0 ? "folder/" : "", files));
  }
  rpc::package_add_request request{package.folder, std::nullopt, package.folder};
  request.priority = static_cast<model::package_priority>(1 + random_() % 3);
  actors::add_package mail{request, root, [](const storage::snapshot_progress&) {}};
  ask<model::package_row>("adds " + package.folder, std::move(mail),
                          [this, &package](const result<model::package_row>& row) {
                            package.asked = false;
                            if (!row) { return; }
                            package.id = row->id;
                            package.versions[row->version] = package.now;
                            time_.after(std::chrono::seconds(random_() % 600), [this, &package] {
                              if (!package.removed) { distribute(package, false); }
                            });
                          });
}

void site_operator::send(const model::package_id& id, std::vector<std::string> names, bool again) {
  rpc::distribute_request request{id, names, again};
  request.with_sources = true;
  ask<rpc::distribute_answer>(
      format("sends {} to {} points{}", id.text(), names.size(), again ? " again" : ""),
      actors::distribute_package{request, root},
      [this, id, names](const result<rpc::distribute_answer>& answer) {
        for (const std::string& name : names) { wishes_[{id, name}] = wish::any; }
        if (!answer) { return; }
        for (const auto* const list : {&answer->started, &answer->had_it}) {
          for (const std::string& name : *list) { wishes_[{id, name}] = wish::there; }
        }
        for (const std::string& name : answer->started) { sent(name); }
      });
}

void site_operator::distribute(const known_package& package, bool again) {
  std::vector<std::string> names;
  for (auto left = 1 + random_() % 5; left > 0; --left) { names.push_back(some_point()); }
  if (random_() % 2 == 0) { names.push_back(site_.name()); }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  send(*package.id, std::move(names), again);
}

void site_operator::update(known_package& package) {
  auto file = package.now.begin();
  std::advance(file, static_cast<std::ptrdiff_t>(random_() % package.now.size()));
  write(package, std::string(file->first));
  package.asked = true;
  actors::update_package mail{*package.id, root, [](const storage::snapshot_progress&) {}};
  ask<rpc::package_update_answer>("updates " + package.id->text(), std::move(mail),
                                  [&package](const result<rpc::package_update_answer>& answer) {
                                    package.asked = false;
                                    if (answer && answer->changed) {
                                      package.versions[answer->row.version] = package.now;
                                    }
                                  });
}

void site_operator::remove(known_package& package) {
  package.asked = true;
  const auto id = *package.id;
  ask<actors::done>("removes " + id.text(), actors::remove_package{id, root},
                    [this, &package, id](const result<actors::done>& answer) {
                      package.asked = false;
                      package.removed = answer.ok();
                      for (auto& [where, wished] : wishes_) {
                        if (where.first == id) { wished = wish::any; }
                      }
                    });
}

void site_operator::cancel() {
  if (wishes_.empty()) { return; }
  auto chosen = wishes_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % wishes_.size()));
  const auto [id, name] = chosen->first;
  ask<rpc::cancel_answer>(format("cancels {} on {}", id.text(), name),
                          actors::cancel_package{{id, {name}, false, random_() % 2 == 0}, root},
                          [this, id = id, name = name](const result<rpc::cancel_answer>& answer) {
                            if (!answer) {
                              wishes_[{id, name}] = wish::any;
                              return;
                            }
                            if (answer->cancelled.empty() && answer->requested.empty()) { return; }
                            wishes_[{id, name}] = wish::held;
                          });
}

/// Maintenance comes and goes; who pulls may get other priorities, who is pushed to a schedule.
void site_operator::change_point() {
  rpc::distribution_point_request request;
  request.name = some_point();
  const auto& all = topology();
  const auto own = std::find_if(all.begin(), all.end(),
                                [&](const auto& one) { return one.first == request.name; });
  if (random_() % 2 == 0) { return take_into_maintenance(request.name); }
  if (own->second.empty()) {
    const auto hour = random_() % 24;
    const auto closed = random_() % (25 - hour);
    return set_schedule(
        request.name,
        closed == 0 ? "always" : format("UTC mon-sun {:02}-{:02} closed", hour, hour + closed));
  }
  request.sources = own->second;
  if (random_() % 2 == 0) { request.sources->back().priority += 3; }
  ask<model::distribution_point_row>("changes " + request.name,
                                     actors::change_distribution_point{request, false, root},
                                     [](const result<model::distribution_point_row>&) {});
}

void site_operator::set_schedule(const std::string& name, const std::string& schedule) {
  rpc::distribution_point_request request;
  request.name = name;
  request.schedule = *model::parse_schedule(schedule);
  ask<model::distribution_point_row>(format("gives {} the schedule {}", name, schedule),
                                     actors::change_distribution_point{request, false, root},
                                     [](const result<model::distribution_point_row>&) {});
}

bool site_operator::is_pushed_to(const std::string& name) {
  const auto& all = topology();
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& one) { return one.first == name && one.second.empty(); });
}

void site_operator::hold_back(const std::string& name) {
  time_.after(std::chrono::seconds(random_() % 5), [this, name] {
    set_schedule(name, "UTC mon-sun 00-24 closed");
    time_.after(std::chrono::seconds(10), [this, name] { count_suspended(name); });
  });
  time_.after(std::chrono::seconds(15 + random_() % 3600),
              [this, name] { set_schedule(name, "always"); });
}

void site_operator::count_suspended(const std::string& name) {
  const auto rows = site_.site_database().distributions(std::nullopt, name, 0, 100'000);
  SLUICE_CHECK(rows.ok());
  for (const model::distribution_row& row : rows->rows) {
    if (row.job_state == model::site_job_state::suspended) { ++suspended_; }
  }
}

void site_operator::open_windows() {
  for (const auto& [name, from] : topology()) {
    if (from.empty()) { set_schedule(name, "always"); }
  }
}

void site_operator::validate() {
  rpc::validation_request request;
  request.distribution_point = some_point();
  ask<rpc::validation_begun>("validates " + *request.distribution_point,
                             actors::begin_validations{request},
                             [](const result<rpc::validation_begun>&) {});
}

void site_operator::do_something() {
  if (!site_.is_up()) { return; }
  known_package* const package = some_package();
  const auto what = random_() % 20;
  if (what < 3) { return cancel(); }
  if (what == 3) { return change_point(); }
  if (what == 4) { return validate(); }
  if (package == nullptr) { return; }
  if (what < 9) { return update(*package); }
  if (what == 9) { return remove(*package); }
  distribute(*package, what == 10);
}

void site_operator::look_around() {
  const auto rows = site_.site_database().packages(0, limits::list_page_rows);
  SLUICE_CHECK(rows.ok());
  for (const auto& package : packages_) {
    const auto found = std::find_if(rows->rows.begin(), rows->rows.end(), [&](const auto& row) {
      return row.source_path == package->folder;
    });
    package->removed = found == rows->rows.end();
    if (package->removed || package->asked) { continue; }
    package->id = found->id;
    package->versions.try_emplace(found->version, package->now);
  }
}

/// For an hour at most: meanwhile its node asks every second whether it is over.
void site_operator::take_into_maintenance(const std::string& name) {
  if (!in_maintenance_.insert(name).second) { return; }
  set_maintenance(name, true);
  time_.after(std::chrono::seconds(60 + random_() % 3540), [this, name] {
    if (in_maintenance_.erase(name) > 0) { set_maintenance(name, false); }
  });
}

void site_operator::set_maintenance(const std::string& name, bool on) {
  rpc::distribution_point_request request;
  request.name = name;
  request.maintenance = on;
  ask<model::distribution_point_row>(
      format("{} maintenance of {}", on ? "begins" : "ends", name),
      actors::change_distribution_point{request, false, root},
      [this, name, on](const result<model::distribution_point_row>& row) {
        if (!row && !on) { in_maintenance_.insert(name); }  // nobody heard of it
      });
}

void site_operator::end_maintenance() {
  for (const std::string& name : std::exchange(in_maintenance_, {})) {
    set_maintenance(name, false);
  }
}

void site_operator::send_failed() {
  const auto rows = site_.site_database().distributions(std::nullopt, std::nullopt, 0, 100'000);
  SLUICE_CHECK(rows.ok());
  for (const model::distribution_row& row : rows->rows) {
    if (row.bucket != model::console_bucket::failed) { continue; }
    const auto whole = site_.site_database().distribution(row.package, row.distribution_point);
    SLUICE_CHECK(whole.ok() && *whole);
    if (!(*whole)->held_by.empty()) { continue; }  // it was cancelled: that is what they wish
    send(row.package, {row.distribution_point}, false);
  }
}

const known_package* site_operator::find(const model::package_id& id) const {
  const auto found = std::find_if(packages_.begin(), packages_.end(),
                                  [&](const auto& one) { return one->id == id; });
  return found == packages_.end() ? nullptr : found->get();
}

}  // namespace sluice::simulation
