#pragma once

#include <optional>
#include <string>

#include "rpc/server.hpp"

namespace sluice::rpc {

/// What stands before each service of one connection: it is offered, greeted, and the caller may.
class gate {
public:
  gate(std::string service, bool offered, principal caller, protocol_range speaks)
      : service_(std::move(service)),
        offered_(offered),
        caller_(std::move(caller)),
        speaks_(std::move(speaks)) {}

  /// Why this call is refused; nothing when it may go on.
  [[nodiscard]] std::optional<error> refuse(const std::string& method) const;
  /// Opens the gate when the ranges overlap; `incompatible`, naming both, when they do not.
  result<protocol_range> greet(const protocol_range& theirs);
  [[nodiscard]] const principal& caller() const noexcept { return caller_; }

private:
  std::string service_;
  bool offered_;
  principal caller_;
  protocol_range speaks_;
  bool greeted_ = false;
};

/// The build that `range` names, or ours.
std::string build_of(const protocol_range& range);
/// Nothing when `ours` and `theirs` overlap.
std::optional<error> mismatch(const protocol_range& ours, const protocol_range& theirs);

}  // namespace sluice::rpc
