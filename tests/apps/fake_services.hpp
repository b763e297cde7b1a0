#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "tests/apps/canned_rows.hpp"

namespace sluice::cli::testing {

/// A site of canned answers; remembers what it was asked.
class fake_site final : public rpc::admin_service {
public:
  std::vector<std::string> asked;
  std::optional<error> failure;  ///< every call ends with it
  std::vector<model::package_row> packages{package_row()};
  std::vector<model::distribution_point_row> points{point_row()};
  std::vector<std::vector<model::distribution_row>> statuses{{moving_row()}};  ///< one a call
  std::vector<model::message_row> newest_messages;
  rpc::distribute_answer distributed{{"dp2"}, {"dp3"}, {"dp2: none of its sources holds it"}};
  rpc::validation_begun validation{{}, {"dp2"}, {}, {}};
  rpc::validation_request validation_request;
  std::vector<std::vector<model::validation_row>> validation_rows{
      {validated_row()}};  ///< one a call
  rpc::package_add_request add_request;
  std::string progress_folder;
  rpc::distribution_point_request point_request;
  rpc::distribute_request distribute_request;
  rpc::package_update_answer updated;
  rpc::package_set_request set_request;
  rpc::cancel_request cancel_request;
  rpc::group_request group_request;
  std::vector<model::group_row> groups{{"stores", {"dp2", "dp3"}, {package()}, 2, 1}};
  std::vector<model::group_status_row> group_rows{{package(), 1, 1, 0, 0}};
  rpc::cancel_answer cancelled{{"dp2"}, {"dp3"}, {"dp4"}, {"site"}};
  std::atomic<int> add_waits_for_questions = 0;  ///< package_add lasts until so many were asked
  std::atomic<int> add_questions = 0;
  std::uint32_t rows_per_page = 500;

  result<model::package_row> package_add(const rpc::principal&,
                                         const rpc::package_add_request& request) override;
  result<rpc::package_add_progress> package_add_status(const rpc::principal&,
                                                       const std::string& folder) override;
  result<rpc::page<model::package_row>> package_list(const rpc::principal&,
                                                     rpc::page_request wanted) override;
  result<model::package_row> package_show(const rpc::principal&, model::package_id id) override;
  result<model::package_row> package_set(const rpc::principal&,
                                         const rpc::package_set_request& request) override;
  result<rpc::package_update_answer> package_update(const rpc::principal&,
                                                    model::package_id id) override;
  result<void> package_remove(const rpc::principal&, model::package_id id) override;
  result<model::distribution_point_row> distribution_point_add(
      const rpc::principal&, const rpc::distribution_point_request& request) override;
  result<model::distribution_point_row> distribution_point_set(
      const rpc::principal&, const rpc::distribution_point_request& request) override;
  result<rpc::page<model::distribution_point_row>> distribution_point_list(
      const rpc::principal&, rpc::page_request wanted) override;
  result<model::distribution_point_row> distribution_point_show(const rpc::principal&,
                                                                const std::string& name) override;
  std::vector<model::setting_row> settings;
  result<std::vector<model::setting_row>> distribution_point_settings(
      const rpc::principal&, const std::string& name) override;
  std::vector<model::source_candidate> candidates;
  bool forgets = true;  ///< a removal is over at once
  result<std::vector<model::source_candidate>> distribution_point_candidates(
      const rpc::principal&, const std::string& name) override;
  result<void> distribution_point_remove(const rpc::principal&, const std::string& name,
                                         bool keep_content) override;
  result<rpc::group_answer> group_change(const rpc::principal&,
                                         const rpc::group_request& request) override;
  result<rpc::page<model::group_row>> group_list(const rpc::principal&,
                                                 rpc::page_request wanted) override;
  result<model::group_row> group_show(const rpc::principal&, const std::string& name) override;
  result<rpc::page<model::group_status_row>> group_status(const rpc::principal&,
                                                          const std::string& name,
                                                          rpc::page_request wanted) override;
  result<rpc::cancel_answer> cancel(const rpc::principal&,
                                    const rpc::cancel_request& request) override;
  result<rpc::distribute_answer> distribute(const rpc::principal&,
                                            const rpc::distribute_request& request) override;
  result<rpc::page<model::distribution_row>> status(const rpc::principal&,
                                                    const rpc::status_query& query) override;
  result<model::distribution_row> job_show(const rpc::principal&, model::job_id id) override;
  result<model::why_report> why(const rpc::principal&, model::package_id id,
                                const std::string& point) override;
  result<rpc::page<model::message_row>> messages(const rpc::principal&,
                                                 rpc::page_request wanted) override;
  result<rpc::validation_begun> validation_begin(const rpc::principal&,
                                                 const rpc::validation_request& request) override;
  result<rpc::page<model::validation_row>> validation_show(const rpc::principal&,
                                                           model::cycle_id cycle,
                                                           rpc::page_request wanted) override;

private:
  template <typename T>
  result<T> answer(std::string call, T value) {
    asked.push_back(std::move(call));
    if (failure) { return *failure; }
    return value;
  }
  result<void> answer(std::string call) {
    asked.push_back(std::move(call));
    if (failure) { return *failure; }
    return {};
  }
  template <typename Row>
  rpc::page<Row> page_of(const std::vector<Row>& rows, rpc::page_request wanted) const {
    rpc::page<Row> made;
    made.total = static_cast<std::uint32_t>(rows.size());
    const std::uint32_t size = std::min(wanted.rows, rows_per_page);
    for (std::size_t i = wanted.offset; i < rows.size() && made.rows.size() < size; ++i) {
      made.rows.push_back(rows[i]);
    }
    return made;
  }

  std::size_t status_calls_ = 0;
  std::size_t show_calls_ = 0;
};

class fake_node final : public rpc::node_service {
public:
  result<model::node_report> node_status(const rpc::principal&) override;
  result<model::why_report> node_why(const rpc::principal&, model::package_id) override;
  result<model::library_report> node_library(const rpc::principal&) override;
  result<model::adoption> node_adopt(const rpc::principal&) override;

  std::string site_refused;
};

}  // namespace sluice::cli::testing
