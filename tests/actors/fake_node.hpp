#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "rpc/rpc.hpp"

namespace sluice::actors::testing {

/// A node as the site's calls see it.
class fake_node final : public rpc::control_service {
public:
  std::optional<error> trouble;  ///< every call fails with it
  rpc::notify_answer answer = rpc::notify_answer::accepted;
  rpc::poll_answer poll_answer;
  std::vector<model::notification> notified;  ///< also those that failed
  std::vector<std::chrono::nanoseconds> notified_at;
  std::vector<model::content_id> removed;
  rpc::cancel_outcome cancel_answer = rpc::cancel_outcome::requested;
  std::vector<model::job_id> cancelled;  ///< asked to, when it could be reached
  std::vector<model::content_id> discarded;
  std::uint32_t polls = 0;
  std::function<std::chrono::nanoseconds()> clock;
  std::function<void(const model::notification&)> on_notify;    ///< before the answer leaves
  std::function<rpc::poll_answer(model::job_id)> on_poll;       ///< instead of `poll_answer`
  std::function<rpc::cancel_outcome(model::job_id)> on_cancel;  ///< instead of `cancel_answer`
  std::function<void(const model::content_id&)> on_remove;

  result<rpc::notify_answer> notify(const rpc::principal&,
                                    const model::notification& given) override;
  result<rpc::poll_answer> poll(const rpc::principal&, model::job_id job) override;
  result<rpc::cancel_outcome> cancel(const rpc::principal&, const rpc::job_cancel& given) override;
  result<void> remove_content(const rpc::principal&, model::content_id content) override;
  result<rpc::page<model::content_id>> inventory(const rpc::principal&,
                                                 rpc::page_request asked) override;

  std::vector<rpc::validation_order> validations;
  std::optional<model::validation_row> validation;  ///< how far it is; none: it knows nothing
  std::function<void(const rpc::validation_order&)> on_validate;  ///< before the answer leaves
  result<void> validate(const rpc::principal&, const rpc::validation_order& order) override;
  result<model::validation_row> validation_progress(const rpc::principal&,
                                                    model::cycle_id cycle) override;

  std::uint64_t free_bytes = 1'000'000'000'000;
  std::uint32_t room_questions = 0;
  std::vector<model::job_id> push_jobs;  ///< tickets asked for, when it could be reached
  std::chrono::seconds push_patience{};  ///< of the last one
  std::optional<error> push_trouble;     ///< answered instead of a ticket
  result<model::byte_count> free_space(const rpc::principal&) override;
  result<std::string> begin_push(const rpc::principal&, model::job_id job,
                                 std::chrono::seconds patience) override;
};

}  // namespace sluice::actors::testing
