#include "actors/failure.hpp"

namespace sluice::actors {

namespace {
constexpr auto category = caf::atom("sluice");
}

caf::error to_caf(const error& failure) {
  return caf::error{static_cast<std::uint8_t>(static_cast<unsigned>(failure.code) + 1), category,
                    caf::make_message(failure.os_error, failure.doing)};
}

error from_caf(const caf::error& failure) {
  if (failure.category() == category) {
    error made{static_cast<errc>(failure.code() - 1), 0, ""};
    if (failure.context().match_elements<int, std::string>()) {
      made.os_error = failure.context().get_as<int>(0);
      made.doing = failure.context().get_as<std::string>(1);
    }
    return made;
  }
  if (failure == caf::sec::request_timeout) {
    return {errc::timed_out, 0, "get an answer inside this node"};
  }
  return {errc::cancelled, 0,
          "get an answer inside this node (" + caf::to_string(failure) + "): it is stopping"};
}

}  // namespace sluice::actors
