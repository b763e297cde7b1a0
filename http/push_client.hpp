#pragma once

#include <memory>
#include <string>

#include "http/paced_stream.hpp"
#include "http/server.hpp"

namespace sluice::http {

/// One content on its way to one standard distribution point.
struct push_order {
  io::endpoint to;     ///< the content server of the distribution point
  std::string ticket;  ///< what its node gave for the job
  model::content_id content;
  std::string library_root;
  std::uint32_t connections = limits::http_connections_per_source;
  std::shared_ptr<pacer> pace;
};

/// How it ended: the node is done with the ticket, or the connections failed, or it was cut off.
struct push_end {
  bool over = false;             ///< the ticket is not known (any more)
  std::optional<error> failure;  ///< unreachable, refused, cancelled
};

/// Opens connections to the content server of a distribution point, and answers on them what the
/// job over there asks for: of this one content only, from this node's library. A connection that
/// the node closes is opened again, until the ticket is not known any more.
/// `counters` are those of what is served. Reactor thread; all it needs is kept until it has ended.
[[nodiscard]] io::task<push_end> push_content(
    io::reactor* ring, std::shared_ptr<const storage::content_catalogue> catalogue,
    push_order order, std::shared_ptr<server_counters> counters,
    std::shared_ptr<io::cancellation> stop);

}  // namespace sluice::http
