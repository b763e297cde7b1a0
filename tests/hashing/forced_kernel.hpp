#pragma once

#include <string>

#include <doctest/doctest.h>

#include "hashing/kernel.hpp"

namespace sluice::hashing {

/// Runs `check` once with the automatic choice and once with each kernel of this processor.
template <typename Check>
void for_each_kernel(const Check& check) {
  CHECK(force(std::nullopt));
  check();
  for (const kernel each : available_kernels()) {
    const std::string name(name_of(each));
    CAPTURE(name);
    REQUIRE(force(each));
    check();
  }
  CHECK(force(std::nullopt));
}

}  // namespace sluice::hashing
