#include <doctest/doctest.h>

#include "io/kernel_features.hpp"

namespace sluice::io {

TEST_CASE("every feature has a name of its own") {
  for (const kernel_feature each : all_kernel_features) {
    for (const kernel_feature other : all_kernel_features) {
      CHECK((name_of(each) == name_of(other)) == (each == other));
    }
  }
}

TEST_CASE("every feature is told of as used or as absent") {
  const std::string text = kernel_features_text();
  const std::size_t absent = text.find("does without");
  for (const kernel_feature each : all_kernel_features) {
    const std::size_t at = text.find(name_of(each));
    REQUIRE(at != std::string::npos);
    CHECK((at < absent) == is_usable(each));
  }
}

TEST_CASE("a feature that nobody knows is refused, and the known ones are named") {
  const auto refused = do_without("sqpoll");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::invalid);
  CHECK(refused.error().doing.find("sqpoll") != std::string::npos);
  for (const kernel_feature each : all_kernel_features) {
    CHECK(refused.error().doing.find(name_of(each)) != std::string::npos);
  }
}

}  // namespace sluice::io
