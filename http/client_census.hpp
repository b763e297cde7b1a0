#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "model/model.hpp"

namespace sluice::http {

/// Counts who was given content, until somebody takes the counts. Any thread.
class client_census {
public:
  /// Of both kinds, between two takings; about 150 bytes each. The bytes of others count for one
  /// that has no name.
  static constexpr std::size_t visitors_max = 16'384;

  void add(const model::visit& one);
  /// Everything since the last call.
  [[nodiscard]] std::vector<model::visit> take();

private:
  std::mutex mutex_;
  std::map<std::pair<model::visitor_kind, std::string>, std::uint64_t> bytes_;
};

}  // namespace sluice::http
