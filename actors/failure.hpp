#pragma once

#include <caf/all.hpp>

#include "base/base.hpp"

namespace sluice::actors {

using caf::unit;
using caf::unit_t;

/// The one conversion between `sluice::error` and `caf::error`.
caf::error to_caf(const error& failure);
error from_caf(const caf::error& failure);

template <typename T>
caf::result<T> to_caf(const result<T>& outcome) {
  if (!outcome) { return to_caf(outcome.error()); }
  return *outcome;
}
inline caf::result<unit_t> to_caf(const result<void>& outcome) {
  if (!outcome) { return to_caf(outcome.error()); }
  return unit;
}

}  // namespace sluice::actors
