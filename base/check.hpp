#pragma once

namespace sluice {

/// Prints the place and the broken condition to stderr, and stops the process.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace sluice

/// A bug, not a failure of life: on in release builds too.
#define SLUICE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::sluice::check_failed(#condition, __FILE__, __LINE__))
