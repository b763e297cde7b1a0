#include "tests/apps/fake_services.hpp"

namespace sluice::cli::testing {

result<model::package_row> fake_site::package_add(const rpc::principal&,
                                                  const rpc::package_add_request& request) {
  add_request = request;
  for (int seen = add_questions; seen < add_waits_for_questions; seen = add_questions) {
    add_questions.wait(seen);
  }
  return answer("package_add", package_row());
}

result<rpc::package_add_progress> fake_site::package_add_status(const rpc::principal&,
                                                                const std::string& folder) {
  const int now = ++add_questions;
  add_questions.notify_all();
  progress_folder = folder;
  return rpc::package_add_progress{true, static_cast<std::uint64_t>(now) * 100,
                                   static_cast<std::uint64_t>(now) * limits::mib};
}

result<rpc::page<model::package_row>> fake_site::package_list(const rpc::principal&,
                                                              rpc::page_request wanted) {
  return answer("package_list", page_of(packages, wanted));
}

result<model::package_row> fake_site::package_show(const rpc::principal&, model::package_id id) {
  return answer("package_show " + id.text(), packages.front());
}

result<model::package_row> fake_site::package_set(const rpc::principal&,
                                                  const rpc::package_set_request& request) {
  set_request = request;
  return answer("package_set " + request.package.text(), packages.front());
}

result<rpc::package_update_answer> fake_site::package_update(const rpc::principal&,
                                                             model::package_id id) {
  return answer("package_update " + id.text(), updated);
}

result<void> fake_site::package_remove(const rpc::principal&, model::package_id id) {
  return answer("package_remove " + id.text());
}

result<model::distribution_point_row> fake_site::distribution_point_add(
    const rpc::principal&, const rpc::distribution_point_request& request) {
  point_request = request;
  return answer("distribution_point_add " + request.name, points.front());
}

result<model::distribution_point_row> fake_site::distribution_point_set(
    const rpc::principal&, const rpc::distribution_point_request& request) {
  point_request = request;
  return answer("distribution_point_set " + request.name, points.front());
}

result<rpc::page<model::distribution_point_row>> fake_site::distribution_point_list(
    const rpc::principal&, rpc::page_request wanted) {
  return answer("distribution_point_list", page_of(points, wanted));
}

result<model::distribution_point_row> fake_site::distribution_point_show(const rpc::principal&,
                                                                         const std::string& name) {
  if (points.empty()) { return error{errc::not_found, 0, "show distribution point " + name}; }
  return answer("distribution_point_show " + name, points.front());
}

result<std::vector<model::setting_row>> fake_site::distribution_point_settings(
    const rpc::principal&, const std::string& name) {
  return answer("distribution_point_settings " + name, settings);
}

result<std::vector<model::source_candidate>> fake_site::distribution_point_candidates(
    const rpc::principal&, const std::string& name) {
  return answer("distribution_point_candidates " + name, candidates);
}

result<void> fake_site::distribution_point_remove(const rpc::principal&, const std::string& name,
                                                  bool keep_content) {
  if (forgets) { points.clear(); }
  return answer("distribution_point_remove " + name + (keep_content ? " keep" : ""));
}

result<rpc::group_answer> fake_site::group_change(const rpc::principal&,
                                                  const rpc::group_request& request) {
  group_request = request;
  rpc::group_answer made{groups.front(), {}};
  made.sent.started = {"PKG00012 on dp3"};
  return answer("group_change " + request.name, made);
}

result<rpc::page<model::group_row>> fake_site::group_list(const rpc::principal&,
                                                          rpc::page_request wanted) {
  return answer("group_list", page_of(groups, wanted));
}

result<model::group_row> fake_site::group_show(const rpc::principal&, const std::string& name) {
  return answer("group_show " + name, groups.front());
}

result<rpc::page<model::group_status_row>> fake_site::group_status(const rpc::principal&,
                                                                   const std::string& name,
                                                                   rpc::page_request wanted) {
  return answer("group_status " + name, page_of(group_rows, wanted));
}

result<rpc::cancel_answer> fake_site::cancel(const rpc::principal&,
                                             const rpc::cancel_request& request) {
  cancel_request = request;
  return answer("cancel", cancelled);
}

result<rpc::distribute_answer> fake_site::distribute(const rpc::principal&,
                                                     const rpc::distribute_request& request) {
  distribute_request = request;
  return answer("distribute", distributed);
}

result<rpc::page<model::distribution_row>> fake_site::status(const rpc::principal&,
                                                             const rpc::status_query& query) {
  const std::size_t call = std::min(status_calls_, statuses.size() - 1);
  ++status_calls_;
  return answer("status", page_of(statuses[call], query.page));
}

result<model::distribution_row> fake_site::job_show(const rpc::principal&, model::job_id id) {
  return answer("job_show " + id.text(), statuses.front().front());
}

result<model::why_report> fake_site::why(const rpc::principal&, model::package_id id,
                                         const std::string& point) {
  return answer("why " + id.text() + " " + point, why_report());
}

result<rpc::page<model::message_row>> fake_site::messages(const rpc::principal&,
                                                          rpc::page_request wanted) {
  return answer("messages", page_of(newest_messages, wanted));
}

result<rpc::validation_begun> fake_site::validation_begin(const rpc::principal&,
                                                          const rpc::validation_request& request) {
  validation_request = request;
  return answer("validation_begin", validation);
}

result<rpc::page<model::validation_row>> fake_site::validation_show(const rpc::principal&,
                                                                    model::cycle_id cycle,
                                                                    rpc::page_request wanted) {
  const std::size_t call = std::min(show_calls_, validation_rows.size() - 1);
  ++show_calls_;
  return answer("validation_show " + cycle.text(), page_of(validation_rows[call], wanted));
}

result<model::node_report> fake_node::node_status(const rpc::principal&) {
  model::node_report report;
  report.name = "dp2";
  report.version = "0.1.0";
  report.site_address = "127.0.0.1:8601";
  report.site_reachable = true;
  report.jobs.emplace_back().content = {package(), 3};
  model::node_job_row& second = report.jobs.emplace_back();
  second.content = {package(), 4};
  second.state = model::job_state::downloading_signature;
  second.waits_for_turn = true;
  report.site_refused = site_refused;
  return report;
}

result<model::why_report> fake_node::node_why(const rpc::principal&, model::package_id) {
  return testing::why_report();
}

result<model::library_report> fake_node::node_library(const rpc::principal&) {
  return model::library_report{"/srv/library",    1,           14000,
                               150 * limits::mib, limits::gib, {"PKG00012.3"}};
}

result<model::adoption> fake_node::node_adopt(const rpc::principal&) {
  return model::adoption{"NEW", "127.0.0.1:8601", 12, 3};
}

}  // namespace sluice::cli::testing
