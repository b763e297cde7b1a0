#include "actors/push_runner.hpp"

namespace sluice::actors {

namespace {

io::task<void> run_push(io::reactor* ring, std::shared_ptr<storage::content_catalogue> catalogue,
                        http::push_order order, std::shared_ptr<http::server_counters> counters,
                        std::shared_ptr<io::cancellation> stop,
                        std::function<void(http::push_end)> ended) {
  auto end = co_await http::push_content(ring, catalogue, std::move(order), counters, stop);
  ended(std::move(end));
}

class push_on_reactor final : public running_push {
public:
  push_on_reactor(io::reactor& ring, io::ticket ticket, std::shared_ptr<http::pacer> pace)
      : ring_(ring), ticket_(std::move(ticket)), pace_(std::move(pace)) {}
  void change(model::rate_limit limit) override {
    ring_.post([pace = pace_, limit] { pace->change(limit); });
  }

private:
  io::reactor& ring_;
  io::ticket ticket_;  ///< its end asks for cancellation
  std::shared_ptr<http::pacer> pace_;
};

class reactor_push_runner final : public push_runner {
public:
  reactor_push_runner(node_parts parts, std::string library_root,
                      std::shared_ptr<http::server_counters> counters)
      : parts_(std::move(parts)),
        library_root_(std::move(library_root)),
        counters_(std::move(counters)) {}

  std::unique_ptr<running_push> start(push_work work,
                                      std::function<void(http::push_end)> ended) override {
    http::push_order order;
    auto address = io::endpoint::parse(work.content_address);
    if (!address) {
      ended({false, address.error()});
      return nullptr;
    }
    order.to = std::move(*address);
    order.ticket = std::move(work.ticket);
    order.content = work.content;
    order.library_root = library_root_;
    order.pace = std::make_shared<http::pacer>(
        *parts_.ring, work.limit,
        [now = parts_.now, zone = work.zone] { return model::hour_of_week(zone, now()) % 24; });
    auto [ticket, stop] = io::make_ticket(*parts_.ring);
    auto made = std::make_unique<push_on_reactor>(*parts_.ring, std::move(ticket), order.pace);
    parts_.ring->post([parts = parts_, counters = counters_, order = std::move(order),
                       stop = std::move(stop), ended = std::move(ended)] {
      parts.operations->start(run_push(parts.ring, parts.catalogue, order, counters, stop, ended));
    });
    return made;
  }

private:
  node_parts parts_;
  std::string library_root_;
  std::shared_ptr<http::server_counters> counters_;
};

}  // namespace

std::shared_ptr<push_runner> make_push_runner(node_parts parts, std::string library_root,
                                              std::shared_ptr<http::server_counters> counters) {
  return std::make_shared<reactor_push_runner>(std::move(parts), std::move(library_root),
                                               std::move(counters));
}

}  // namespace sluice::actors
