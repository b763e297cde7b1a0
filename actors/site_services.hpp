#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "actors/management_point.hpp"

namespace sluice::actors {

/// The site server's side of rpc: wishes become requests to the site actor, questions are answered
/// from a read-only connection to the site database. Lifetime:  outlives the rpc servers it is
/// offered by; the actor system outlives it. Threads:   any, at once.
class site_services final : public rpc::admin_service, public rpc::management_point_service {
public:
  site_services(caf::actor_system& system, site_actor site, management_point_actor management_point,
                std::unique_ptr<storage::site_database> reading,
                std::shared_ptr<rpc::client_pool> clients, calendar_clock now);
  void show_policy(const site_policy& policy);  ///< to who asks for settings, from now on

  result<model::package_row> package_add(const rpc::principal&,
                                         const rpc::package_add_request&) override;
  result<rpc::package_add_progress> package_add_status(const rpc::principal&,
                                                       const std::string& folder) override;
  result<rpc::page<model::package_row>> package_list(const rpc::principal&,
                                                     rpc::page_request) override;
  result<model::package_row> package_show(const rpc::principal&, model::package_id) override;
  result<model::package_row> package_set(const rpc::principal&,
                                         const rpc::package_set_request&) override;
  result<rpc::package_update_answer> package_update(const rpc::principal&,
                                                    model::package_id id) override;
  result<void> package_remove(const rpc::principal&, model::package_id) override;
  result<model::distribution_point_row> distribution_point_add(
      const rpc::principal&, const rpc::distribution_point_request&) override;
  result<model::distribution_point_row> distribution_point_set(
      const rpc::principal&, const rpc::distribution_point_request&) override;
  result<rpc::page<model::distribution_point_row>> distribution_point_list(
      const rpc::principal&, rpc::page_request) override;
  result<model::distribution_point_row> distribution_point_show(const rpc::principal&,
                                                                const std::string& name) override;
  result<std::vector<model::source_candidate>> distribution_point_candidates(
      const rpc::principal&, const std::string& name) override;
  result<std::vector<model::setting_row>> distribution_point_settings(
      const rpc::principal&, const std::string& name) override;
  result<void> distribution_point_remove(const rpc::principal&, const std::string& name,
                                         bool keep_content) override;
  result<rpc::distribute_answer> distribute(const rpc::principal&,
                                            const rpc::distribute_request&) override;
  result<rpc::group_answer> group_change(const rpc::principal&, const rpc::group_request&) override;
  result<rpc::page<model::group_row>> group_list(const rpc::principal&, rpc::page_request) override;
  result<model::group_row> group_show(const rpc::principal&, const std::string& name) override;
  result<rpc::page<model::group_status_row>> group_status(const rpc::principal&,
                                                          const std::string& name,
                                                          rpc::page_request) override;
  result<rpc::cancel_answer> cancel(const rpc::principal&, const rpc::cancel_request&) override;
  result<rpc::page<model::distribution_row>> status(const rpc::principal&,
                                                    const rpc::status_query&) override;
  result<model::distribution_row> job_show(const rpc::principal&, model::job_id) override;
  result<model::why_report> why(const rpc::principal&, model::package_id,
                                const std::string& distribution_point) override;
  result<rpc::page<model::message_row>> messages(const rpc::principal&, rpc::page_request) override;
  result<rpc::validation_begun> validation_begin(const rpc::principal&,
                                                 const rpc::validation_request&) override;
  result<rpc::page<model::validation_row>> validation_show(const rpc::principal&, model::cycle_id,
                                                           rpc::page_request) override;

  result<rpc::registration_answer> register_node(const rpc::principal&,
                                                 const rpc::registration&) override;
  result<rpc::heartbeat_answer> heartbeat(const rpc::principal&,
                                          const rpc::heartbeat_request&) override;
  result<std::uint64_t> submit(const rpc::principal&, const rpc::report_batch&) override;

private:
  /// Progress of snapshots under way, by folder.
  struct additions {
    std::mutex mutex;
    std::map<std::string, storage::snapshot_progress> running;
  };
  using listener = std::function<void(storage::snapshot_progress)>;
  result<listener> begin_addition(const std::string& folder);
  void end_addition(const std::string& folder);
  bool is_silent(const model::distribution_point_row& point) const;
  result<model::why_report> explain(const storage::site_distribution& row,
                                    const storage::site_distribution_point& point);

  caf::actor_system& system_;
  site_actor site_;
  management_point_actor management_point_;
  std::mutex reading_mutex_;
  std::unique_ptr<storage::site_database> reading_;  ///< under `reading_mutex_`
  std::shared_ptr<rpc::client_pool> clients_;
  calendar_clock now_;
  std::vector<model::setting_row> site_settings_;      ///< under `reading_mutex_`
  std::vector<model::setting_row> own_host_settings_;  ///< likewise
  std::vector<std::string> source_protocols_;          ///< likewise
  std::shared_ptr<additions> additions_ = std::make_shared<additions>();
};

}  // namespace sluice::actors
