#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/error.hpp"

namespace sluice {

/// A value or the reason why there is none. Reading the wrong side stops the process.
template <typename T>
class [[nodiscard]] result {
public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(sluice::error failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  T& value() {
    SLUICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    SLUICE_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const sluice::error& error() const {
    SLUICE_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

private:
  std::variant<T, sluice::error> state_;
};

/// Success, or the reason why not.
template <>
class [[nodiscard]] result<void> {
public:
  using value_type = void;

  result() = default;
  result(sluice::error failure) : failure_(std::move(failure)) {}

  [[nodiscard]] bool ok() const noexcept { return !failure_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  const sluice::error& error() const {
    SLUICE_CHECK(failure_.has_value());
    return *failure_;
  }

private:
  std::optional<sluice::error> failure_;
};

}  // namespace sluice
