#include "tests/simulation/simulated_site.hpp"

#include <algorithm>

#include "actors/site_rules.hpp"
#include "hashing/hashing.hpp"
#include "storage/library_layout.hpp"
#include "tests/simulation/simulated_client.hpp"
#include "tests/simulation/site_operator.hpp"

namespace sluice::simulation {

namespace {

using namespace std::chrono_literals;
using row_map = std::map<target, model::distribution_row>;

constexpr std::size_t points = 12;
constexpr std::uint64_t roomy = std::uint64_t{1} << 40;
constexpr auto quiet_max = 3h;  ///< three intervals of polling
/// Slow enough that faults find transfers under way.
constexpr std::uint64_t usual_rate = 20'000;  ///< bytes per second of each connection
constexpr auto usual_latency = 20ms;

std::string text_of(moment when) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when).count();
  return format("{}:{}:{}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

class simulated_site {
public:
  explicit simulated_site(const simulation_plan& plan);
  simulation_outcome run();

private:
  void note(const std::string& event);
  void found(const std::string& what);
  moment within(moment most) {
    return moment(random_() % static_cast<std::uint64_t>(most.count()));
  }
  /// About so often until the day is over.
  void repeat(moment often, const std::function<void()>& action);

  simulated_node& some_point() { return *nodes_[1 + random_() % points]; }
  simulated_node& some_node() { return *nodes_[random_() % nodes_.size()]; }
  void disturb(simulated_node& node);
  void go_down(simulated_node& node);
  void part(const std::string& one);
  void fill_disk(simulated_node& node);
  void break_disk(simulated_node& node);
  void slow_down();
  void plant(const simulated_node& node);

  row_map rows();
  void look();
  void check_ways(const row_map& before, const row_map& after);
  void check_jobs(simulated_node& node);
  void check_priorities(simulated_node& node, const model::node_job_row& job);
  void check_acknowledged(simulated_node& node);
  void compare(const model::distribution_row& row, const std::string& path);

  void make_quiet();
  bool can_come(const target& key);
  bool is_as_wished(std::string& missing);
  void check_wishes();
  void check_removed();
  void lose_row();
  void check_held(const target& key);
  void compare_all();

  simulation_plan plan_;
  seeded_random random_;
  joint_time time_;
  simulated_network net_;
  std::vector<std::unique_ptr<simulated_node>> nodes_;  ///< the first is the site server
  simulated_client client_;
  std::unique_ptr<site_operator> operator_;
  simulation_outcome outcome_;
  row_map seen_;
  bool quiet_ = false;
};

simulated_site::simulated_site(const simulation_plan& plan)
    : plan_(plan), random_(plan.seed), time_(plan.seed), net_(time_), client_(time_) {
  outcome_.trace_digest = 0xcbf29ce484222325;  // FNV-1a
  net_.trace = [this](const std::string& line) { note("call " + line); };
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= points; ++i) {
    const std::string name = i == 0 ? "site" : format("dp{}", i);
    if (i > 0) { names.push_back(name); }
    nodes_.push_back(std::make_unique<simulated_node>(net_, name, "site", random_()));
    simulated_node& node = *nodes_.back();
    node.forgets_jobs = plan.bug == planted_bug::forgets_jobs;
    node.came_up = [this, &node] {
      note(node.name() + " is up");
      if (node.is_site()) { operator_->look_around(); }
      check_acknowledged(node);
    };
  }
  operator_ = std::make_unique<site_operator>(time_, *nodes_[0], std::move(names), random_());
  operator_->trace = [this](const std::string& line) { note(line); };
  operator_->sent = [this](const std::string& name) {
    if (quiet_ || random_() % 8 != 0) { return; }
    time_.after(within(2min), [this, name] { disturb(*net_.find(name)); });
  };
}

void simulated_site::note(const std::string& event) {
  const std::string line = format("{} {}", time_.now().count(), event);
  for (const char letter : line) {
    outcome_.trace_digest ^= static_cast<std::uint8_t>(letter);
    outcome_.trace_digest *= 0x100000001b3;
  }
  ++outcome_.events;
  if (plan_.trace) { plan_.trace(format("{} {}", text_of(time_.now()), event)); }
}

void simulated_site::found(const std::string& what) {
  note("WRONG " + what);
  if (outcome_.wrong.size() < 100) {
    outcome_.wrong.push_back(format("{}: {}", text_of(time_.now()), what));
  }
}

void simulated_site::repeat(moment often, const std::function<void()>& action) {
  time_.after(within(2 * often), [this, often, action] {
    if (quiet_) { return; }
    action();
    repeat(often, action);
  });
}

// Faults
// --------------------------------------------------------------------------------------------

void simulated_site::go_down(simulated_node& node) {
  if (!node.is_up()) { return; }
  const auto how = random_() % 3;
  note(format("fault: {} {}", node.name(),
              how == 0 ? "stops" : (how == 1 ? "is killed" : "loses its power")));
  if (how == 0) { node.stop(); }
  if (how > 0) { node.crash(how == 2); }
  if (how == 2) { plant(node); }
  time_.after(5s + within(node.is_site() ? 10min : 30min), [&node] { node.start(); });
}

void simulated_site::part(const std::string& one) {
  const std::string other = some_node().name();
  if (one == other) { return; }
  note(format("fault: {} and {} are parted", one, other));
  net_.part(one, other);
  time_.after(within(60min), [this, one, other] { net_.heal(one, other); });
}

void simulated_site::fill_disk(simulated_node& node) {
  note(format("fault: the disk of {} is full", node.name()));
  time_.world().fill_volume(node.name());
  time_.after(within(90min), [this, &node] { time_.world().set_volume_size(node.name(), roomy); });
}

void simulated_site::break_disk(simulated_node& node) {
  const bool writes = random_() % 2 == 0;
  note(format("fault: the disk of {} fails a {}", node.name(), writes ? "write" : "sync"));
  time_.world().fail(node.name(), writes ? io::opcode::write : io::opcode::sync_all,
                     1 + random_() % 20, EIO);
}

void simulated_site::slow_down() {
  note("fault: the network is slow");
  time_.world().set_latency(within(500ms));
  time_.world().set_rate(2'000 + random_() % 10'000);
  time_.after(within(60min), [this] {
    time_.world().set_latency(usual_latency);
    time_.world().set_rate(usual_rate);
  });
}

void simulated_site::disturb(simulated_node& node) {
  if (quiet_) { return; }
  ++outcome_.faults;
  switch (random_() % 12) {
    case 0:
    case 1:
    case 2: return go_down(node);
    case 3:
    case 4:
    case 5: return part(node.name());
    case 6: return fill_disk(node);
    case 7:
    case 8: return break_disk(node);
    case 9: return slow_down();
    case 10:
      note(format("fault: the clock of {} jumps", node.name()));
      node.clock_error = std::chrono::minutes(random_() % 240) - 120min;
      return;
    default:
      note(format("fault: short reads and writes at {}", node.name()));
      return time_.world().shorten(node.name(), 2 + random_() % 20);
  }
}

/// Behind the back of a node that is down: content that it has reported as complete is gone, or
/// not the same any more.
void simulated_site::plant(const simulated_node& node) {
  if (plan_.bug != planted_bug::loses_content && plan_.bug != planted_bug::wrong_byte) { return; }
  io::simulated_world& world = time_.world();
  const std::string library = std::string(simulated_node::library_root).substr(1);
  for (const auto& [key, row] : rows()) {
    const known_package* const package = operator_->find(key.first);
    if (row.bucket != model::console_bucket::success || key.second != node.name()) { continue; }
    if (package == nullptr || !package->versions.contains(row.version)) { continue; }
    if (plan_.bug == planted_bug::loses_content) {
      const std::string id = key.first.text();
      world.put_file(node.name(), format("{}/pkglib/{}", library, id),
                     format("sluice-package 1\npackage {}\n", id));
      return;
    }
    for (const auto& [path, bytes] : package->versions.at(row.version)) {
      const auto measured = hashing::measure(std::as_bytes(std::span(bytes)));
      const std::string file = format("{}/{}", library, storage::file_path(measured.id));
      if (!bytes.empty() && world.flip_bit(node.name(), file, 0)) { return; }
    }
  }
}

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
    const known_package* const package = operator_->find(chosen->first.first);
    if (package != nullptr && package->versions.contains(chosen->second.version) &&
        chosen->second.bucket == model::console_bucket::success) {
      const auto& files = package->versions.at(chosen->second.version);
      compare(chosen->second, files.begin()->first);
    }
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
    }
  }
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

// Quiet
// ---------------------------------------------------------------------------------------------

void simulated_site::make_quiet() {
  quiet_ = true;
  note("quiet begins");
  io::simulated_world& world = time_.world();
  net_.heal_all();
  world.set_latency(50us);
  world.set_rate(1'000'000'000);
  for (const auto& node : nodes_) {
    world.mend(node->name());
    world.set_volume_size(node->name(), roomy);
    node->clock_error = {};
    node->start();
  }
  time_.advance(time_.now() + 10min);
  operator_->look_around();
  operator_->end_maintenance();
}

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
    const bool held = !(*whole)->held_by.empty() && !(*whole)->cancel_asked;
    if (row.bucket == model::console_bucket::success && !(*whole)->removing) { continue; }
    if (held && !(*whole)->removing) { continue; }
    if (!(*whole)->removing && row.state == model::package_state::install_pending &&
        !can_come(key)) {
      continue;
    }
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

/// Planted: the site takes a removal for done that the node never heard of.
void simulated_site::lose_row() {
  for (const auto& [key, row] : rows()) {
    if (row.bucket != model::console_bucket::success) { continue; }
    SLUICE_CHECK(nodes_[0]->site_database().forget_distribution(key.first, key.second).ok());
    return;
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

simulation_outcome simulated_site::run() {
  for (const auto& node : nodes_) { node->start(); }
  time_.advance(10s);
  operator_->add_points();
  time_.advance(2min);
  time_.world().set_latency(usual_latency);
  time_.world().set_rate(usual_rate);
  const moment day = plan_.length;
  for (std::uint32_t i = 0; i < plan_.packages; ++i) {
    time_.after(within(day * 3 / 4), [this] { operator_->add_package(); });
  }
  repeat(3min, [this] { operator_->do_something(); });
  repeat(20min, [this] { disturb(some_node()); });
  repeat(30min, [this] { look(); });
  time_.advance(day);
  make_quiet();
  const moment begin = time_.now();
  std::string missing;
  while (!is_as_wished(missing) && time_.now() < begin + quiet_max) {
    operator_->send_failed();
    time_.advance(time_.now() + 20min);
  }
  outcome_.quiet = time_.now() - begin;
  if (!is_as_wished(missing)) { found("never as wished: " + missing); }
  if (plan_.bug == planted_bug::loses_row) { lose_row(); }
  check_wishes();
  check_removed();
  compare_all();
  outcome_.targets = rows().size();
  outcome_.wishes = operator_->count();
  for (const auto& node : nodes_) { node->stop(); }
  time_.advance(time_.now() + 10min);
  return outcome_;
}

}  // namespace

simulation_outcome simulate(const simulation_plan& plan) { return simulated_site(plan).run(); }

}  // namespace sluice::simulation
