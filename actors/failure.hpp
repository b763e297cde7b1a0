#pragma once

#include <caf/all.hpp>

#include "base/base.hpp"

namespace sluice::actors {

/// The answer of a request that has nothing to say but that it is done (CAF gives `unit_t` no such
/// use).
struct done {};

/// The one conversion between `sluice::error` and `caf::error`.
caf::error to_caf(const error& failure);
error from_caf(const caf::error& failure);

template <typename T>
caf::result<T> to_caf(const result<T>& outcome) {
  if (!outcome) { return to_caf(outcome.error()); }
  return *outcome;
}
inline caf::result<done> to_caf(const result<void>& outcome) {
  if (!outcome) { return to_caf(outcome.error()); }
  return done{};
}

}  // namespace sluice::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sluice::actors::done)
