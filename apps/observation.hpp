#pragma once

#include <functional>
#include <memory>

#include "actors/actors.hpp"
#include "http/http.hpp"

namespace sluice::apps {

/// What is shown; counters and `ready` are read at each question.
struct observed_node {
  std::string name;
  std::string version;
  std::function<bool()> ready;
  std::function<bool()> maintenance;  ///< withheld from clients
  std::shared_ptr<const http::server_counters> served;
  std::shared_ptr<const storage::content_catalogue> catalogue;
  std::shared_ptr<const actors::source_fault_counters> source_faults;
};

/// /livez, /readyz and /metrics (Prometheus text) of a daemon.
std::function<http::plain_answer(std::string_view path)> observation_answers(observed_node node);

}  // namespace sluice::apps
