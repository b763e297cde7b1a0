#pragma once

#include <functional>
#include <memory>

#include "actors/node_parts.hpp"

namespace sluice::actors {

/// One push, as its runner needs it.
struct push_work {
  std::string content_address;  ///< host:port of the distribution point
  std::string ticket;
  model::content_id content;
  model::rate_limit limit;
  std::string zone;  ///< whose hours the limit counts
};

/// A push under way; dropping it cuts it off, and its end is told all the same.
class running_push {
public:
  virtual ~running_push() = default;
  virtual void change(model::rate_limit limit) = 0;
};

/// Moves the bytes of pushes. Tests put a stand-in here.
/// Lifetime: outlives the Distribution Manager. Threads: `start` is called by its actor only;
/// `ended` is called once, from any thread.
class push_runner {
public:
  virtual ~push_runner() = default;
  virtual std::unique_ptr<running_push> start(push_work work,
                                              std::function<void(http::push_end)> ended) = 0;
};

/// On the library's reactor.
std::shared_ptr<push_runner> make_push_runner(node_parts parts, std::string library_root,
                                              std::shared_ptr<http::server_counters> counters);

}  // namespace sluice::actors
