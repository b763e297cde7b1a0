#include "tests/simulation/whole_site.hpp"

#include <algorithm>
#include <array>

#include "hashing/hashing.hpp"
#include "storage/library_layout.hpp"

namespace sluice::simulation {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t roomy = std::uint64_t{1} << 40;
constexpr auto quiet_max = 3h;  ///< three intervals of polling
/// Slow enough that faults find transfers under way.
constexpr std::uint64_t usual_rate = 20'000;  ///< bytes per second of each connection
constexpr auto usual_latency = 20ms;
constexpr std::uint64_t fast = 1'000'000'000;

std::string text_of(moment when) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when).count();
  return format("{}:{}:{}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

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
    if (quiet_) { return; }
    if (site_operator::is_pushed_to(name) && random_() % 3 == 0) { operator_->hold_back(name); }
    if (random_() % 8 != 0) { return; }
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
  std::string other = one;
  while (other == one) { other = some_node().name(); }
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
  static constexpr std::array<std::pair<io::opcode, const char*>, 6> all{
      {{io::opcode::write, "write"},
       {io::opcode::read, "read"},
       {io::opcode::sync_data, "fdatasync"},
       {io::opcode::sync_all, "fsync"},
       {io::opcode::sync_volume, "syncfs"},
       {io::opcode::rename, "rename"}}};
  const auto& [code, name] = all[random_() % all.size()];
  note(format("fault: the disk of {} fails a {}", node.name(), name));
  time_.world().fail(node.name(), code, 1 + random_() % 20, EIO);
}

void simulated_site::cut_connections(const simulated_node& node) {
  note(format("fault: the connections of {} are reset", node.name()));
  time_.world().reset_connections(node.name());
}

void simulated_site::slow_node(const simulated_node& node) {
  note(format("fault: {} is slow", node.name()));
  time_.world().slow_down(node.name(), 2'000 + random_() % 4'000);
  time_.after(within(60min), [this, name = node.name()] {
    if (!quiet_) { time_.world().slow_down(name, fast); }
  });
}

void simulated_site::slow_down() {
  note("fault: the network is slow");
  time_.world().set_latency(within(500ms));
  time_.world().set_rate(2'000 + random_() % 10'000);
  time_.after(within(60min), [this] {
    if (quiet_) { return; }
    time_.world().set_latency(usual_latency);
    time_.world().set_rate(usual_rate);
  });
}

void simulated_site::disturb(simulated_node& node) {
  if (quiet_) { return; }
  ++outcome_.faults;
  switch (random_() % 15) {
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
    case 10: return slow_node(node);
    case 11:
    case 12: return cut_connections(node);
    case 13:
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

// Quiet
// ---------------------------------------------------------------------------------------------

void simulated_site::make_quiet() {
  quiet_ = true;
  note("quiet begins");
  io::simulated_world& world = time_.world();
  net_.heal_all();
  world.set_latency(50us);
  world.set_rate(fast);
  for (const auto& node : nodes_) {
    world.mend(node->name());
    world.set_volume_size(node->name(), roomy);
    node->clock_error = {};
    node->start();
  }
  time_.advance(time_.now() + 10min);
  operator_->look_around();
  operator_->end_maintenance();
  operator_->open_windows();
}

/// Planted: the site takes a removal for done that the node never heard of.
void simulated_site::lose_row() {
  for (const auto& [key, row] : rows()) {
    if (row.bucket != model::console_bucket::success) { continue; }
    SLUICE_CHECK(nodes_[0]->site_database().forget_distribution(key.first, key.second).ok());
    return;
  }
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
  outcome_.suspended = operator_->suspended();
  for (const auto& node : nodes_) { node->stop(); }
  time_.advance(time_.now() + 10min);
  return outcome_;
}

simulation_outcome simulate(const simulation_plan& plan) { return simulated_site(plan).run(); }

}  // namespace sluice::simulation
