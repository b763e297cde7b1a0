#pragma once

#include <deque>
#include <map>
#include <set>

#include "actors/site_news.hpp"
#include "actors/site_rules.hpp"
#include "actors/site_setup.hpp"
#include "actors/validation_cycle.hpp"

namespace sluice::actors {

/// The only writer of the site database. An operator's wish changes the desired state; what differs
/// from it is handed to the proxies; what nodes report is written down.
class site_state {
public:
  using self_pointer = site_actor::stateful_pointer<site_state>;

  site_state() = default;
  site_state(const site_state&) = delete;
  site_state& operator=(const site_state&) = delete;
  ~site_state();  ///< ends its proxies: nobody else would

  /// Without a beginning there is no site: whoever made it asks `health`, and ends it.
  void begin(self_pointer self, site_setup setup);
  [[nodiscard]] const result<void>& health() const { return begun_; }

  caf::result<model::package_row> on_add_package(const add_package& asked);
  caf::result<rpc::package_update_answer> on_update_package(const update_package& asked);
  void sweep_former_versions();
  caf::result<done> on_remove_package(const remove_package& asked);
  result<model::distribution_point_row> on_change(const change_distribution_point& asked);
  result<void> on_remove_point(const remove_distribution_point& asked);
  result<rpc::distribute_answer> on_distribute(const distribute_package& asked);
  result<rpc::cancel_answer> on_cancel(const cancel_package& asked);
  result<rpc::group_answer> on_group(const change_group& asked);
  result<model::package_row> on_set_package(const set_package& asked);

  caf::result<rpc::validation_begun> on_begin_validations(const begin_validations& asked);
  caf::result<validation_rows> on_show_validation(const show_validation& asked);
  void on_validation_taken(const validation_taken& mail);
  void on_validation_heard(const validation_heard& mail);
  void on_validation_overdue(const validation_overdue& mail);

  result<distribution_facts> facts(const facts_question& asked);
  void on_news(const tracking_news& news);
  void on_removal_done(const removal_done& mail);
  void on_message(const site_message& mail);
  void on_proxy_due(const std::string& name);
  void on_policy(const change_policy& mail);

  result<rpc::registration_answer> on_registration(const rpc::registration& given);
  result<rpc::heartbeat_answer> on_heartbeat(const rpc::heartbeat_request& given);
  void on_usage(const usage_measured& mail);
  result<std::uint64_t> on_reports(const rpc::report_batch& batch);

private:
  result<void> take_up();
  result<void> take_up_own_point();
  result<void> drop_left_overs();
  bool is_left_over(const model::content_id& content);
  std::optional<model::content_id> left_over_of(const model::package_id& package);
  void end_change(const model::content_id& content);
  void drop_for_site(const model::content_id& content, std::function<void(result<void>)> then,
                     bool older = false);
  caf::result<done> drop_removed(const model::content_id& content);
  result<void> begin_removal(const model::package_id& package, std::vector<std::string>& names);
  result<void> reopen_given_up(const std::string& name);
  void put_added(const add_package& asked, model::package_row row, model::byte_count manifest_size,
                 caf::typed_response_promise<model::package_row> promise);
  using update_promise = caf::typed_response_promise<rpc::package_update_answer>;
  void updated(const update_package& asked, const model::content_id& content,
               const storage::snapshot_outcome& made, update_promise promise);
  result<void> keep_update(const model::content_id& content, const storage::snapshot_outcome& made,
                           rpc::package_update_answer& answer);
  void drop_former_versions(std::optional<std::chrono::nanoseconds> before);
  void say_started(const model::package_id& package, const std::vector<std::string>& names);
  result<void> send_to_targets(const storage::site_package& package,
                               rpc::distribute_answer& answer);
  result<std::string> find_root(const std::string& folder) const;
  result<void> check_id_is_free(const model::package_id& id);
  result<model::package_id> package_id_for(const rpc::package_add_request& request);
  void package_added(const std::string& admin, const model::package_row& row);
  result<void> check_change(const model::distribution_point_row& changed);
  result<void> order_again(const std::string& name);
  void end_left_proxy(const std::string& name);
  result<void> distribute_to(const storage::site_package& package, const std::string& name,
                             const rpc::distribute_request& wish, rpc::distribute_answer& answer);
  result<rpc::distribute_answer> reconcile(const model::group_row& group);
  result<void> send_missing(const model::group_row& group, rpc::distribute_answer& all);
  result<void> reconcile_groups();
  result<void> cancel_on(const std::string& name, const cancel_package& asked,
                         rpc::cancel_answer& answer, std::vector<site_message>& words);
  job_begin new_job(std::uint32_t version, model::byte_count bytes, bool redistribute);
  result<bool> catch_up(storage::site_distribution& row);
  result<void> count_anew(const std::string& name);
  result<bool> collect_inventory(const rpc::registration& given);
  result<void> take_state(const std::string& name, const model::state_message& message,
                          report_news& news, std::vector<content_gained>& gained);
  void say(const std::vector<site_message>& words);
  result<void> find_targets(const rpc::validation_request& request, validation_cycle& cycle);
  using known_packages = std::map<model::package_id, model::package_row>;
  result<void> find_target(const std::optional<model::package_id>& package,
                           const model::distribution_point_row& point, known_packages& packages,
                           validation_cycle& cycle);
  void order_validation(const validation_cycle& cycle, const std::string& name);
  void answer_begun(validation_cycle& cycle);
  void refresh_validation(validation_cycle& cycle, const std::string& name);
  void refresh_validations_of(const std::string& name);
  void abort_validation(const validation_cycle& cycle, validation_target& target,
                        const std::string& reason);
  result<void> begin_monitoring(const std::string& name, validation_target& target);
  void end_monitoring(const std::string& name);
  result<void> keep_validation_message(const std::string& name, const model::status_message& said,
                                       validation_news& news);
  void note_validation_message(const std::string& name, const model::status_message& said);
  void tell(const std::string& name, const validation_news& news);
  result<void> take_passed(const model::package_id& package, const std::string& name,
                           validation_news& news);
  result<void> take_failed(const model::package_id& package, const std::string& name,
                           const std::string& reason, validation_news& news);
  void say_repaired(const model::state_message& message);
  void on_down(const caf::down_msg& mail);
  void spawn_proxy(const std::string& name);
  void deliver_all(const std::vector<storage::site_distribution>& open);
  void deliver_to(const std::string& name, const model::package_id& package);
  void add_message(std::uint32_t id, std::vector<std::string> insertions);
  void broadcast_back(const std::string& name);

  self_pointer self_ = nullptr;
  site_setup setup_;
  result<void> begun_;
  std::map<std::string, distribution_point_proxy_actor> proxies_;
  std::set<model::package_id> adding_;
  /// Of nodes that are in the midst of telling what they hold.
  std::map<std::string, std::vector<rpc::held_content>> inventories_;
  std::map<model::cycle_id, validation_cycle> cycles_;
  std::deque<model::cycle_id> cycles_in_order_;  ///< the oldest are forgotten
  std::set<model::job_id> repairing_;            ///< jobs that a validation opened
};

site_actor::behavior_type site(site_state::self_pointer self, site_setup setup);

}  // namespace sluice::actors
