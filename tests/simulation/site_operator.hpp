#pragma once

#include <set>

#include "tests/simulation/simulated_node.hpp"

namespace sluice::simulation {

using file_map = std::map<std::string, std::string>;  ///< path -> bytes

/// What a package's folder held when it became a version.
struct known_package {
  std::string folder;  ///< absolute, on the site server
  std::optional<model::package_id> id;
  std::map<std::uint32_t, file_map> versions;
  file_map now;        ///< what the folder holds
  bool asked = false;  ///< the site reads the folder, or removes the package
  bool removed = false;
};

/// What an operator last wished of a target. `any`: nobody knows whether the site heard of it.
enum class wish : std::uint8_t { there, held, any };
using target = std::pair<model::package_id, std::string>;

/// Operators at the site server: each does something at random, and remembers what was answered.
class site_operator {
public:
  site_operator(joint_time& time, simulated_node& site, std::vector<std::string> points,
                std::uint64_t seed);

  void add_points();
  void add_package();
  void do_something();
  /// Sends again what has failed, not what was cancelled: as an operator does when the fault is
  /// mended.
  void send_failed();
  /// Learns what the site did of what it could not answer, before it does anything else.
  void look_around();
  [[nodiscard]] static bool is_pushed_to(const std::string& name);
  /// Closes its window in a moment, and opens it within the hour.
  void hold_back(const std::string& name);
  void end_maintenance();  ///< of all
  void open_windows();     ///< of all standard distribution points

  [[nodiscard]] const std::map<target, wish>& wishes() const noexcept { return wishes_; }
  [[nodiscard]] const std::vector<std::unique_ptr<known_package>>& packages() const noexcept {
    return packages_;
  }
  [[nodiscard]] const known_package* find(const model::package_id& id) const;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// How many pushes were seen suspended by their schedule.
  [[nodiscard]] std::uint64_t suspended() const noexcept { return suspended_; }

  std::function<void(const std::string&)> trace;
  std::function<void(const std::string& name)> sent;  ///< a package is on its way to that point

private:
  template <typename Answer, typename Question>
  void ask(const std::string& what, Question question,
           std::function<void(const result<Answer>&)> answered);
  known_package* some_package();
  std::string some_point();
  void write(known_package& package, const std::string& path);
  void distribute(const known_package& package, bool again);
  void send(const model::package_id& id, std::vector<std::string> names, bool again);
  void update(known_package& package);
  void remove(known_package& package);
  void cancel();
  void change_point();
  void set_schedule(const std::string& name, const std::string& schedule);
  void count_suspended(const std::string& name);
  void take_into_maintenance(const std::string& name);
  void set_maintenance(const std::string& name, bool on);
  void validate();

  joint_time& time_;
  simulated_node& site_;
  std::vector<std::string> points_;
  seeded_random random_;
  std::vector<std::unique_ptr<known_package>> packages_;
  std::map<target, wish> wishes_;
  std::set<std::string> in_maintenance_;
  std::uint64_t count_ = 0;
  std::uint64_t suspended_ = 0;
};

}  // namespace sluice::simulation
