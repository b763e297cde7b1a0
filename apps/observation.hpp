#pragma once

#include <functional>
#include <memory>

#include "http/http.hpp"

namespace sluice::apps {

/// /livez, /readyz and /metrics (Prometheus text) of a daemon. `ready` and the counters are read at
/// each question.
std::function<http::plain_answer(std::string_view path)> observation_answers(
    std::string node_name, std::string version, std::function<bool()> ready,
    std::shared_ptr<const http::server_counters> counters,
    std::shared_ptr<const storage::content_catalogue> catalogue);

}  // namespace sluice::apps
