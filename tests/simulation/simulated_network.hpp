#pragma once

#include <map>
#include <set>

#include "rpc/rpc.hpp"
#include "tests/simulation/fibers.hpp"

namespace sluice::simulation {

class simulated_node;

/// Calls between nodes: they travel, are lost when two nodes are parted, and fail when nobody is
/// there; an answer may be lost on its way back, after the deed.
class simulated_network {
public:
  explicit simulated_network(joint_time& time) : time_(time), fibers_(time) {}

  void join(simulated_node& node);  ///< known by its name from now on
  [[nodiscard]] simulated_node* find(const std::string& address) const;

  void part(const std::string& one, const std::string& other);  ///< for bytes too
  void heal(const std::string& one, const std::string& other);
  void heal_all();
  [[nodiscard]] bool parted(const std::string& one, const std::string& other) const;

  /// Each call that ended, as a line: "dp1 site heartbeat ok".
  std::function<void(const std::string&)> trace;

  /// For one life of a node; its calls end `cancelled` when `alive` turns false.
  std::shared_ptr<rpc::client_pool> clients_of(std::string from, std::shared_ptr<const bool> alive);

  [[nodiscard]] joint_time& time() noexcept { return time_; }
  [[nodiscard]] fibers& calls() noexcept { return fibers_; }

private:
  joint_time& time_;
  fibers fibers_;
  std::map<std::string, simulated_node*> nodes_;
  std::set<std::pair<std::string, std::string>> parted_;
};

}  // namespace sluice::simulation
