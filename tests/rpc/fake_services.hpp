#pragma once

#include <any>
#include <mutex>
#include <optional>

#include "tests/rpc/random_values.hpp"

/// Services that answer what a test has written down.
namespace sluice::rpc {

/// What a service was asked last, by whom, and what it will answer: written by the test before a
/// call and read after it, while the server's thread is quiet.
struct script {
  principal caller;
  std::string method;
  std::vector<std::any> arguments;
  std::any answer;               ///< of the method's own type; empty for void ones
  std::optional<error> failure;  ///< answered instead

  template <typename Answer, typename... Arguments>
  result<Answer> play(const principal& who, std::string name, const Arguments&... given) {
    caller = who;
    method = std::move(name);
    arguments = {std::any(given)...};
    if (failure) { return *failure; }
    if constexpr (std::is_void_v<Answer>) {
      return {};
    } else {
      return std::any_cast<Answer>(answer);
    }
  }
};

struct fake_admin final : admin_service, script {
  using who = const principal&;
  result<model::package_row> package_add(who by, const package_add_request& a) override {
    return play<model::package_row>(by, "package_add", a);
  }
  result<package_add_progress> package_add_status(who by, const std::string& a) override {
    return play<package_add_progress>(by, "package_add_status", a);
  }
  result<page<model::package_row>> package_list(who by, page_request a) override {
    return play<page<model::package_row>>(by, "package_list", a);
  }
  result<model::package_row> package_show(who by, model::package_id a) override {
    return play<model::package_row>(by, "package_show", a);
  }
  result<model::package_row> package_set(who by, const package_set_request& a) override {
    return play<model::package_row>(by, "package_set", a);
  }
  result<package_update_answer> package_update(who by, model::package_id a) override {
    return play<package_update_answer>(by, "package_update", a);
  }
  result<void> package_remove(who by, model::package_id a) override {
    return play<void>(by, "package_remove", a);
  }
  result<model::distribution_point_row> distribution_point_add(
      who by, const distribution_point_request& a) override {
    return play<model::distribution_point_row>(by, "distribution_point_add", a);
  }
  result<model::distribution_point_row> distribution_point_set(
      who by, const distribution_point_request& a) override {
    return play<model::distribution_point_row>(by, "distribution_point_set", a);
  }
  result<page<model::distribution_point_row>> distribution_point_list(who by,
                                                                      page_request a) override {
    return play<page<model::distribution_point_row>>(by, "distribution_point_list", a);
  }
  result<model::distribution_point_row> distribution_point_show(who by,
                                                                const std::string& a) override {
    return play<model::distribution_point_row>(by, "distribution_point_show", a);
  }
  result<std::vector<model::setting_row>> distribution_point_settings(
      who by, const std::string& a) override {
    return play<std::vector<model::setting_row>>(by, "distribution_point_settings", a);
  }
  result<std::vector<model::source_candidate>> distribution_point_candidates(
      who by, const std::string& a) override {
    return play<std::vector<model::source_candidate>>(by, "distribution_point_candidates", a);
  }
  result<void> distribution_point_remove(who by, const std::string& a, bool b) override {
    return play<void>(by, "distribution_point_remove", a, b);
  }
  result<distribute_answer> distribute(who by, const distribute_request& a) override {
    return play<distribute_answer>(by, "distribute", a);
  }
  result<group_answer> group_change(who by, const group_request& a) override {
    return play<group_answer>(by, "group_change", a);
  }
  result<page<model::group_row>> group_list(who by, page_request a) override {
    return play<page<model::group_row>>(by, "group_list", a);
  }
  result<model::group_row> group_show(who by, const std::string& a) override {
    return play<model::group_row>(by, "group_show", a);
  }
  result<page<model::group_status_row>> group_status(who by, const std::string& a,
                                                     page_request b) override {
    return play<page<model::group_status_row>>(by, "group_status", a, b);
  }
  result<cancel_answer> cancel(who by, const cancel_request& a) override {
    return play<cancel_answer>(by, "cancel", a);
  }
  result<page<model::distribution_row>> status(who by, const status_query& a) override {
    return play<page<model::distribution_row>>(by, "status", a);
  }
  result<model::distribution_row> job_show(who by, model::job_id a) override {
    return play<model::distribution_row>(by, "job_show", a);
  }
  result<model::why_report> why(who by, model::package_id a, const std::string& b) override {
    return play<model::why_report>(by, "why", a, b);
  }
  result<page<model::message_row>> messages(who by, page_request a) override {
    return play<page<model::message_row>>(by, "messages", a);
  }
  result<validation_begun> validation_begin(who by, const validation_request& a) override {
    return play<validation_begun>(by, "validation_begin", a);
  }
  result<page<model::validation_row>> validation_show(who by, model::cycle_id a,
                                                      page_request b) override {
    return play<page<model::validation_row>>(by, "validation_show", a, b);
  }
};

struct fake_management_point final : management_point_service, script {
  result<registration_answer> register_node(const principal& by, const registration& a) override {
    return play<registration_answer>(by, "register_node", a);
  }
  result<heartbeat_answer> heartbeat(const principal& by, const heartbeat_request& a) override {
    return play<heartbeat_answer>(by, "heartbeat", a);
  }
  result<std::uint64_t> submit(const principal& by, const report_batch& a) override {
    return play<std::uint64_t>(by, "submit", a);
  }
};

struct fake_control final : control_service, script {
  result<notify_answer> notify(const principal& by, const model::notification& a) override {
    return play<notify_answer>(by, "notify", a);
  }
  result<poll_answer> poll(const principal& by, model::job_id a) override {
    return play<poll_answer>(by, "poll", a);
  }
  result<cancel_outcome> cancel(const principal& by, const job_cancel& a) override {
    return play<cancel_outcome>(by, "cancel", a);
  }
  result<void> remove_content(const principal& by, model::content_id a) override {
    return play<void>(by, "remove_content", a);
  }
  result<page<model::content_id>> inventory(const principal& by, page_request a) override {
    return play<page<model::content_id>>(by, "inventory", a);
  }
  result<void> validate(const principal& by, const validation_order& a) override {
    return play<void>(by, "validate", a);
  }
  result<model::validation_row> validation_progress(const principal& by,
                                                    model::cycle_id a) override {
    return play<model::validation_row>(by, "validation_progress", a);
  }
  result<model::byte_count> free_space(const principal& by) override {
    return play<model::byte_count>(by, "free_space");
  }
  result<std::string> begin_push(const principal& by, model::job_id a,
                                 std::chrono::seconds b) override {
    return play<std::string>(by, "begin_push", a, b);
  }
};

}  // namespace sluice::rpc
