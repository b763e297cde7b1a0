#pragma once

#include <map>
#include <memory>

#include "storage/site_database.hpp"
#include "storage/storage.hpp"
#include "tests/actors/fake_library.hpp"
#include "tests/actors/fake_node.hpp"

/// A site server whose actors are the real ones, in virtual time, among nodes that do what a test
/// tells them. No CAF here: tests compile quickly.
namespace sluice::actors::testing {

/// A push as the Distribution Manager started it; nothing moves.
struct fake_push {
  std::string content_address;
  std::string ticket;
  model::content_id content;
  model::rate_limit limit;
  bool cut = false;  ///< the manager dropped it
};

/// The validation of the site's own distribution point, as the site sees it.
struct fake_validation {
  std::vector<rpc::validation_order> orders;
  std::optional<model::validation_row> row;  ///< none: it knows nothing
};

class virtual_site {
public:
  /// "" as path: the database is in memory.
  explicit virtual_site(std::string database_path = {});
  ~virtual_site();

  fake_library library;
  fake_validation own_validation;
  fake_node& node(const std::string& name);
  storage::site_database& database();

  /// A package of 1,000,000 bytes in 10 files.
  model::package_id add_package();
  result<model::package_row> add_package(const rpc::package_add_request& request);
  result<rpc::package_update_answer> update(model::package_id package);
  void hold(const model::content_id& content);  ///< for the site, as its catalogue says
  result<void> remove_package(model::package_id package);
  /// A pull distribution point with sources as "dp1:1"; its node is there, but not registered.
  result<model::distribution_point_row> add_point(const std::string& name,
                                                  const std::vector<std::string>& sources);
  void attend(const std::string& name);  ///< from now on its heartbeats ask for commands
  result<model::distribution_point_row> set_sources(const std::string& name,
                                                    const std::vector<std::string>& sources);
  result<void> remove_point(const std::string& name, bool keep_content = true);
  result<model::distribution_point_row> add_standard_point(const std::string& name);
  result<model::distribution_point_row> set_point(const rpc::distribution_point_request& request);
  std::vector<std::shared_ptr<fake_push>> pushes;  ///< all that were ever started
  /// It ends as the node, or the network, has it. An address is that of the point's node.
  void end_push(const fake_push& push, bool over, std::optional<error> failure = std::nullopt);
  [[nodiscard]] std::size_t pushes_going_on() const;
  /// As a reload of the configuration does; kept over a restart.
  void change_settings(const model::distribution_settings& settings);
  result<rpc::distribute_answer> distribute(model::package_id package,
                                            const std::vector<std::string>& names,
                                            bool redistribute = false);

  result<rpc::distribute_answer> distribute(const rpc::distribute_request& request);
  result<rpc::group_answer> change_group(rpc::group_action action, const std::string& name,
                                         const std::vector<std::string>& points = {});
  result<rpc::cancel_answer> cancel(model::package_id package,
                                    const std::vector<std::string>& names, bool detach = false);
  result<rpc::cancel_answer> discard(model::package_id package,
                                     const std::vector<std::string>& names);
  void tell_cancel(model::package_id package, const std::vector<std::string>& names);
  result<model::package_row> set_priority(model::package_id package,
                                          model::package_priority priority);

  result<rpc::validation_begun> validate(const rpc::validation_request& request);
  result<std::vector<model::validation_row>> show_validation(model::cycle_id cycle);
  /// A status message of a node, or of the site's own distribution point ("main").
  void say(const std::string& name, std::uint32_t id, std::vector<std::string> insertions);
  rpc::report_batch message_of(const std::string& name, std::uint32_t id,
                               std::vector<std::string> insertions);

  /// What a node says; its epoch is made from `epoch`.
  result<rpc::registration_answer> register_node(
      const std::string& name, std::uint8_t epoch = 1,
      const std::vector<model::setting_row>& settings = {});
  /// A node that says it is `name`, and is another.
  result<rpc::registration_answer> register_another(const std::string& name,
                                                    const std::string& node);
  /// It holds this one content.
  result<rpc::registration_answer> register_holding(const std::string& name,
                                                    const rpc::held_content& held);
  /// One part of what it holds: as many contents, beginning with package number `first`.
  result<rpc::registration_answer> register_part(const std::string& name, std::uint32_t part,
                                                 std::uint32_t first, std::uint32_t count,
                                                 bool more);
  result<rpc::heartbeat_answer> heartbeat(const std::string& name, std::uint8_t epoch = 1,
                                          const std::vector<model::usage_window>& usage = {});
  result<rpc::heartbeat_answer> ask_for_commands(const std::string& name);  ///< a heartbeat, too
  void measure_own_usage(const std::vector<model::usage_window>& usage);
  result<std::uint64_t> report(const std::string& name, const rpc::report_batch& batch);
  /// One report about the target's present job, with the next sequence of the node.
  result<std::uint64_t> report(model::package_id package, const std::string& name,
                               model::state_report what, std::uint64_t bytes_done = 0);
  void tell_report(const rpc::report_batch& batch);  ///< the mail only; nobody takes a turn
  model::state_message message_for(model::package_id package, const std::string& name,
                                   model::state_report what);
  rpc::report_batch batch_of(const std::string& name, std::vector<model::state_message> states,
                             std::uint8_t epoch = 1);

  [[nodiscard]] storage::site_distribution row(model::package_id package, const std::string& name);
  [[nodiscard]] bool has_row(model::package_id package, const std::string& name);
  [[nodiscard]] std::size_t messages(std::uint32_t id);
  /// The insertion strings of each status message of that id, joined by '|', oldest first.
  std::vector<std::string> said(std::uint32_t id);
  /// Ends the site's actors and begins them again from the database.
  void restart();
  /// The same with the database on disk, opened again.
  void restart(storage::site_database::mode how);
  result<void> health();  ///< of the site
  void kill_proxy(const std::string& name);

  void run();
  void advance(std::chrono::nanoseconds distance);
  [[nodiscard]] std::chrono::nanoseconds elapsed() const;
  [[nodiscard]] model::calendar_time now() const;

private:
  struct state;
  void begin_actors();
  void end_actors();
  std::unique_ptr<state> state_;
};

}  // namespace sluice::actors::testing
