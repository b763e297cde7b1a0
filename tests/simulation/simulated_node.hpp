#pragma once

#include "actors/distribution_manager.hpp"
#include "actors/distribution_point.hpp"
#include "actors/management_point.hpp"
#include "actors/site_setup.hpp"
#include "actors/status_reporter.hpp"
#include "storage/site_database.hpp"
#include "tests/simulation/simulated_network.hpp"

namespace sluice::simulation {

/// The actors of a node that others can ask; none while it is down.
struct node_actors {
  actors::node_journal_actor journal;
  actors::librarian_actor librarian;
  actors::status_reporter_actor reporter;
  actors::distribution_point_actor distribution_point;
  actors::content_validation_actor validation;
  actors::site_actor site;
  actors::distribution_manager_actor pushes;
  actors::management_point_actor management_point;
};

/// One machine with what `sluiced` is made of: the same actors, library and content server, on a
/// simulated disk and network. Its databases are in memory, and keep what was committed.
///
/// Lifetime:  the network, and its time, outlive it.
class simulated_node {
public:
  /// `site` is the name of the site server, perhaps its own.
  simulated_node(simulated_network& net, std::string name, std::string site, std::uint64_t seed);
  ~simulated_node();
  simulated_node(const simulated_node&) = delete;
  simulated_node& operator=(const simulated_node&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool is_site() const noexcept { return name_ == site_; }
  [[nodiscard]] bool is_up() const noexcept;
  [[nodiscard]] bool is_started() const noexcept { return life_ != nullptr || starting_; }
  [[nodiscard]] const node_actors& actors() const;  ///< of one that is up
  [[nodiscard]] bool holds(const model::content_id& content) const;
  [[nodiscard]] storage::site_database& site_database() { return *site_database_; }

  void start();                  ///< comes up soon; when its disk refuses, it tries again
  void stop();                   ///< as SIGTERM does
  void crash(bool power_fails);  ///< as SIGKILL does, or a power cut
  std::function<void()> came_up;

  std::chrono::milliseconds clock_error{};  ///< of its calendar
  bool forgets_jobs = false;                ///< planted: a restart loses what was under way

  static constexpr const char* library_root = "/library";

private:
  struct life;
  void begin();
  void open(const std::shared_ptr<life>& born);
  void begin_actors(life& born);
  void begin_site(life& born, const actors::node_parts& parts);
  [[nodiscard]] actors::node_parts parts_of(life& born);
  void bury(bool clean);
  void free_the_dead();

  simulated_network& net_;
  std::string name_, site_;
  seeded_random random_;
  std::shared_ptr<storage::node_database> database_;
  std::shared_ptr<storage::site_database> site_database_;
  bool starting_ = false;
  std::shared_ptr<life> life_;
  std::vector<std::shared_ptr<life>> dead_;  ///< whose tasks may not have ended
};

}  // namespace sluice::simulation
