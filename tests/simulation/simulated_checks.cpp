#include <algorithm>

#include "actors/site_rules.hpp"
#include "tests/simulation/whole_site.hpp"

namespace sluice::simulation {

using namespace std::chrono_literals;

// Checks during the day --------------------------------------------------------------------------

row_map simulated_site::rows() {
  row_map all;
  const auto page =
      nodes_[0]->site_database().distributions(std::nullopt, std::nullopt, 0, 100'000);
  SLUICE_CHECK(page.ok());
  for (const auto& row : page->rows) { all[{row.package, row.distribution_point}] = row; }
  return all;
}

void simulated_site::look() {
  row_map now = rows();
  check_ways(seen_, now);
  simulated_node& node = some_point();
  if (node.is_up()) { check_jobs(node); }
  if (!now.empty()) {
    auto chosen = now.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % now.size()));
    if (chosen->second.bucket == model::console_bucket::success) { compare_one(chosen->second); }
  }
  seen_ = std::move(now);
}

/// S1: also several steps of them between two looks.
void simulated_site::check_ways(const row_map& before, const row_map& after) {
  for (const auto& [key, row] : after) {
    const auto earlier = before.find(key);
    if (earlier == before.end() || earlier->second.job != row.job) { continue; }
    const auto& then = earlier->second;
    if (then.job_state && row.job_state && *then.job_state != *row.job_state &&
        model::way(*then.job_state, *row.job_state).empty()) {
      found(format("{} on {} went from {} to {}", key.first.text(), key.second,
                   model::name_of(*then.job_state), model::name_of(*row.job_state)));
    }
  }
}

void simulated_site::check_jobs(simulated_node& node) {
  time_.ask<model::node_report>(
      node.actors().distribution_point, actors::node_question{},
      [this, &node](const result<model::node_report>& report) {
        if (!report) { return; }
        std::map<model::package_id, int> moving;
        for (const model::node_job_row& job : report->jobs) {
          const bool moves = job.state == model::job_state::downloading;
          if (moves && ++moving[job.content.package] > 1) {
            found(format("{} has two jobs for {}", node.name(), job.content.package.text()));
          }
          if (moves && !job.source.empty()) { check_priorities(node, job); }
        }
      });
}

/// D6: nobody is asked before those of a lower number have been.
void simulated_site::check_priorities(simulated_node& node, const model::node_job_row& job) {
  if (!node.is_up()) { return; }
  time_.ask<model::why_report>(
      node.actors().distribution_point, actors::why_question{job.content.package},
      [this, &node, job](const result<model::why_report>& why) {
        if (!why) { return; }
        const auto& all = why->sources;
        const auto current = std::find_if(all.begin(), all.end(),
                                          [&](const auto& one) { return one.name == job.source; });
        if (current == all.end()) { return; }
        for (const model::why_source& other : all) {
          if (other.priority < current->priority && other.verdict == "not asked yet") {
            found(format("{} fetches {} from {} and has not asked {}", node.name(),
                         job.content.text(), job.source, other.name));
          }
        }
      });
}

/// What the site was told to be complete is there after whatever happened.
void simulated_site::check_acknowledged(simulated_node& node) {
  for (const auto& [key, row] : rows()) {
    if (key.second != node.name() || row.bucket != model::console_bucket::success) { continue; }
    const auto whole = nodes_[0]->site_database().distribution(key.first, key.second);
    SLUICE_CHECK(whole.ok());
    if (!*whole || (*whole)->removing) { continue; }
    const model::content_id content{key.first, row.version};
    if (!node.holds(content)) {
      found(format("{} lost {}, which the site was told it has", node.name(), content.text()));
    } else if (random_() % 8 == 0) {
      compare_one(row);
    }
  }
}

/// Some file of it.
void simulated_site::compare_one(const model::distribution_row& row) {
  const known_package* const package = operator_->find(row.package);
  if (package == nullptr || !package->versions.contains(row.version)) { return; }
  const file_map& files = package->versions.at(row.version);
  auto file = files.begin();
  std::advance(file, static_cast<std::ptrdiff_t>(random_() % files.size()));
  compare(row, file->first);
}

void simulated_site::compare(const model::distribution_row& row, const std::string& path) {
  simulated_node* const node = net_.find(row.distribution_point);
  if (!node->is_up()) { return; }
  const std::string content = format("{}.{}", row.package.text(), row.version);
  const std::string& right = operator_->find(row.package)->versions.at(row.version).at(path);
  client_.fetch(node->name(), format("/content/{}/{}", content, path),
                [this, &right, content, path, name = node->name()](const auto& got) {
                  if (got && *got != right) {
                    found(format("{} serves wrong bytes of {} {}", name, content, path));
                  }
                  if (got && *got == right) { ++outcome_.files_compared; }
                  if (!got && quiet_) {
                    found(format("{} does not serve {} {}", name, content, path));
                  }
                });
}

// In the end -------------------------------------------------------------------------------------

/// Whether what was sent to a point may reach it: a cancel at all of its sources keeps it waiting,
/// until an operator sends it to one of them.
bool simulated_site::can_come(const target& key) {
  storage::site_database& database = nodes_[0]->site_database();
  const auto row = database.distribution(key.first, key.second);
  const auto point = database.distribution_point(key.second);
  SLUICE_CHECK(row.ok() && point.ok() && *point);
  if (!*row || !(*row)->held_by.empty()) { return false; }
  const auto& sources = (*point)->row.sources;
  return sources.empty() || std::any_of(sources.begin(), sources.end(), [&](const auto& source) {
           return can_come({key.first, source.name});
         });
}

/// Held, removed, there, or waiting for what is sent to none of its sources.
bool simulated_site::is_as_wished(std::string& missing) {
  for (const auto& [key, row] : rows()) {
    const auto whole = nodes_[0]->site_database().distribution(key.first, key.second);
    SLUICE_CHECK(whole.ok() && *whole);
    if ((*whole)->discard) {
      missing = format("{} is still to throw away {}", key.second, key.first.text());
      return false;
    }
    const bool held = !(*whole)->held_by.empty() && !(*whole)->cancel_asked;
    if (row.bucket == model::console_bucket::success && !(*whole)->removing) { continue; }
    if (held && !(*whole)->removing) { continue; }
    const bool waits = row.state == model::package_state::install_pending ||
                       row.state == model::package_state::content_updating;
    if (!(*whole)->removing && waits && !can_come(key)) { continue; }
    missing = format("{} on {} is {}: {}", key.first.text(), key.second,
                     (*whole)->removing ? "being removed" : model::name_of(row.state), row.reason);
    return false;
  }
  return true;
}

void simulated_site::check_wishes() {
  const row_map all = rows();
  for (const auto& [key, wished] : operator_->wishes()) {
    const auto row = all.find(key);
    if (wished == wish::held && row != all.end()) { check_held(key); }
    const bool is_there = row != all.end() && row->second.bucket == model::console_bucket::success;
    if (wished == wish::there && !is_there && (row == all.end() || can_come(key))) {
      found(format("{} should be on {}, and is not: {}", key.first.text(), key.second,
                   row == all.end() ? "nothing is known of it" : row->second.reason));
    }
  }
}

/// C5: what was cancelled stays so, unless the cancel came too late.
void simulated_site::check_held(const target& key) {
  const auto whole = nodes_[0]->site_database().distribution(key.first, key.second);
  SLUICE_CHECK(whole.ok() && *whole);
  const bool there = (*whole)->row.bucket == model::console_bucket::success;
  if (!there && ((*whole)->held_by.empty() || actors::job_is_open(**whole))) {
    found(format("{} on {} was cancelled, and is under way: {}", key.first.text(), key.second,
                 (*whole)->row.reason));
  }
}

/// What was removed is gone from every distribution point.
void simulated_site::check_removed() {
  const row_map all = rows();
  for (const auto& package : operator_->packages()) {
    if (!package->id) { continue; }
    for (const auto& node : nodes_) {
      if (all.contains({*package->id, node->name()})) { continue; }
      for (const auto& [version, files] : package->versions) {
        if (node->holds({*package->id, version})) {
          found(format("{} holds {}.{}, which nobody wishes there", node->name(),
                       package->id->text(), version));
        }
      }
    }
  }
}

void simulated_site::compare_all() {
  for (const auto& [key, row] : rows()) {
    if (row.bucket != model::console_bucket::success) { continue; }
    const known_package* const package = operator_->find(key.first);
    if (package == nullptr || !package->versions.contains(row.version)) {
      found(format("nobody added {}.{}", key.first.text(), row.version));
      continue;
    }
    for (const auto& [path, bytes] : package->versions.at(row.version)) { compare(row, path); }
    time_.advance(time_.now() + 1s);
  }
  time_.advance(time_.now() + 5min);
}

}  // namespace sluice::simulation
