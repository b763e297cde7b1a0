#pragma once

#include <map>
#include <memory>

#include "tests/simulation/simulated_client.hpp"
#include "tests/simulation/simulated_site.hpp"
#include "tests/simulation/site_operator.hpp"

namespace sluice::simulation {

using row_map = std::map<target, model::distribution_row>;

/// A whole site in one thread: `simulated_site.cpp` is its day and its faults,
/// `simulated_checks.cpp` what must be true of it meanwhile and in the end.
class simulated_site {
public:
  explicit simulated_site(const simulation_plan& plan);
  simulation_outcome run();

private:
  static constexpr std::size_t points = 12;

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
  void cut_connections(const simulated_node& node);
  void slow_node(const simulated_node& node);
  void slow_down();
  void plant(const simulated_node& node);

  row_map rows();
  void look();
  void check_ways(const row_map& before, const row_map& after);
  void check_jobs(simulated_node& node);
  void check_priorities(simulated_node& node, const model::node_job_row& job);
  void check_acknowledged(simulated_node& node);
  void compare_one(const model::distribution_row& row);
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

}  // namespace sluice::simulation
