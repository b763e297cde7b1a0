#pragma once

#include <memory>

#include "actors/contracts.hpp"
#include "actors/node_parts.hpp"

namespace sluice::actors {

/// The node's side of rpc: each call becomes one request to an actor, on rpc's own thread.
/// Lifetime:  outlives the rpc server it is offered by; the actor system outlives it.
/// Threads:   any, at once.
class node_services final : public rpc::control_service, public rpc::node_service {
public:
  node_services(caf::actor_system& system, node_parts parts, distribution_point_actor target,
                content_validation_actor validation, status_reporter_actor reporter,
                librarian_actor library, std::string library_root);

  result<rpc::notify_answer> notify(const rpc::principal&,
                                    const model::notification& given) override;
  result<rpc::poll_answer> poll(const rpc::principal&, model::job_id job) override;
  result<rpc::cancel_outcome> cancel(const rpc::principal&, const rpc::job_cancel& given) override;
  result<void> remove_content(const rpc::principal&, model::content_id content) override;
  result<rpc::page<model::content_id>> inventory(const rpc::principal&,
                                                 rpc::page_request asked) override;
  result<void> validate(const rpc::principal&, const rpc::validation_order& order) override;
  result<model::validation_row> validation_progress(const rpc::principal&,
                                                    model::cycle_id cycle) override;
  result<model::byte_count> free_space(const rpc::principal&) override;
  result<std::string> begin_push(const rpc::principal&, model::job_id job,
                                 std::chrono::seconds patience) override;

  result<model::node_report> node_status(const rpc::principal&) override;
  result<model::why_report> node_why(const rpc::principal&, model::package_id package) override;
  result<model::library_report> node_library(const rpc::principal&) override;
  result<model::adoption> node_adopt(const rpc::principal&) override;

private:
  /// An order of whoever says that he is the site, `doing` in words. Nothing: it is taken.
  [[nodiscard]] std::optional<error> refusal(std::string_view doing);

  caf::actor_system& system_;
  node_parts parts_;
  distribution_point_actor target_;
  content_validation_actor validation_;
  status_reporter_actor reporter_;  ///< none on a site server
  librarian_actor library_;
  std::string library_root_;
};

}  // namespace sluice::actors
