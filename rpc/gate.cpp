#include "rpc/gate.hpp"

#include "rpc/authorization.hpp"

namespace sluice::rpc {

std::optional<error> gate::refuse(const std::string& method) const {
  if (!offered_) {
    return error{errc::refused, 0, format("call {}: this address does not offer it", service_)};
  }
  if (auto denied = refusal(caller_, service_, method)) { return denied; }
  if (!greeted_ && method != "hello") {
    return error{errc::invalid, 0,
                 format("call {}.{}: begin the connection with hello", service_, method)};
  }
  return std::nullopt;
}

result<protocol_range> gate::greet(const protocol_range& theirs) {
  if (auto fault = mismatch(speaks_, theirs)) { return *fault; }
  greeted_ = true;
  auto mine = speaks_;
  mine.build = build_of(speaks_);
  return mine;
}

std::string build_of(const protocol_range& range) {
  return range.build.empty() ? "sluice " SLUICE_VERSION : range.build;
}

std::optional<error> mismatch(const protocol_range& ours, const protocol_range& theirs) {
  if (theirs.oldest <= ours.newest && ours.oldest <= theirs.newest) { return std::nullopt; }
  const auto& older = theirs.newest < ours.oldest ? theirs : ours;
  return error{
      errc::incompatible, 0,
      format("agree on a protocol: {} speaks {} to {}, {} speaks {} to {}; upgrade {}",
             escaped(build_of(ours), 128), ours.oldest, ours.newest, escaped(build_of(theirs), 128),
             theirs.oldest, theirs.newest, escaped(build_of(older), 128))};
}

}  // namespace sluice::rpc
