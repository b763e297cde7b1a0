#include "http/push_client.hpp"

#include <set>

#include "http/content_handler.hpp"
#include "http/push_door.hpp"

namespace sluice::http {

namespace {

/// Between two attempts of one connection.
constexpr auto again_delay = std::chrono::seconds(1);
/// A job may be busy with its disk for long.
constexpr auto idle_deadline = std::chrono::minutes(10);
constexpr std::uint64_t index_cache_bytes = 16 * limits::mib;

/// What the connections of one push share. Lives in the frame of `push_content`.
struct push_state {
  io::reactor& ring;
  push_order& order;
  content_handler& handler;
  server_counters& counters;
  connection_bounds bounds;
  bool stopping = false;
  push_end end{};
  std::set<io::byte_stream*> open{};

  void stop(push_end how) {
    if (stopping) { return; }
    stopping = true;
    end = std::move(how);
    for (io::byte_stream* const one : open) { one->abort(); }
  }
};

std::string opening_request(const push_order& order) {
  return format(
      "PUT {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: sluice\r\nConnection: Upgrade\r\n"
      "Upgrade: {}\r\nContent-Length: 0\r\n\r\n",
      push_target(order.ticket), order.to.text(), push_upgrade);
}

/// The answer to the opening request, and what came after it.
struct opened_push {
  std::optional<error> failure;
  int status = 0;
  std::vector<std::byte> rest{};
};

io::task<opened_push> open_push(push_state* push, io::byte_stream* stream) {
  opened_push outcome;
  const std::string doing = format("push to {}", push->order.to.text());
  const std::string text = opening_request(push->order);
  auto sent = co_await stream->send(std::as_bytes(std::span(text)), push->bounds.stall);
  if (!sent) {
    outcome.failure = sent.error();
    co_return outcome;
  }
  std::vector<std::byte> bytes(limits::http_head_bytes_max);
  std::size_t filled = 0;
  while (true) {
    auto got =
        co_await stream->receive(std::span(bytes).subspan(filled), limits::http_head_deadline);
    if (!got || *got == 0) {
      outcome.failure = got ? error{errc::peer_closed, 0, doing} : got.error();
      co_return outcome;
    }
    filled += *got;
    const std::string_view arrived(reinterpret_cast<const char*>(bytes.data()), filled);
    const response_parse parsed = parse_response_head(arrived);
    if (parsed.state == head_state::refused || filled == bytes.size()) {
      outcome.failure = error{errc::refused, 0, format("{}: its answer is no HTTP", doing)};
      co_return outcome;
    }
    if (parsed.state == head_state::incomplete) { continue; }
    outcome.status = parsed.head.status;
    if (outcome.status != 101 && outcome.status != 404) {
      outcome.failure =
          error{errc::refused, 0,
                format("{}: it answers {} {}", doing, outcome.status, escaped(parsed.head.reason))};
    }
    outcome.rest.assign(bytes.begin() + static_cast<std::ptrdiff_t>(parsed.consumed),
                        bytes.begin() + static_cast<std::ptrdiff_t>(filled));
    co_return outcome;
  }
}

io::task<void> answer_on(push_state* push, std::unique_ptr<io::byte_stream> stream,
                         std::vector<std::byte> received) {
  const connection_context context{push->ring,     push->handler,  push->bounds,
                                   push->counters, push->stopping, [](std::string_view) {},
                                   nullptr};
  connection self{
      std::make_unique<paced_stream>(std::move(stream), push->order.pace, std::move(received)),
      true};
  push->open.insert(self.stream.get());
  co_await serve_connection(context, self);
  push->open.erase(self.stream.get());
}

/// One of the connections, opened again and again.
io::task<void> keep_connection(push_state* push) {
  while (!push->stopping) {
    auto connected =
        co_await io::socket::connect(push->ring, push->order.to, limits::source_connect_deadline);
    if (!connected) {
      push->stop({false, connected.error()});
      co_return;
    }
    auto stream = io::plain_stream(std::move(*connected));
    push->open.insert(stream.get());
    auto opened = co_await open_push(push, stream.get());
    push->open.erase(stream.get());
    if (push->stopping || opened.failure || opened.status == 404) {
      co_await stream->close();
      push->stop({opened.status == 404, std::move(opened.failure)});
      co_return;
    }
    co_await answer_on(push, std::move(stream), std::move(opened.rest));
    if (!push->stopping) { co_await push->ring.sleep_for(again_delay); }
  }
}

}  // namespace

io::task<push_end> push_content(io::reactor* ring,
                                std::shared_ptr<const storage::content_catalogue> catalogue,
                                push_order order, std::shared_ptr<server_counters> counters,
                                std::shared_ptr<io::cancellation> stop) {
  auto library = co_await storage::library_reader::open(*ring, order.library_root);
  if (!library) { co_return push_end{false, library.error()}; }
  access_policy policy;
  policy.anonymous = true;
  policy.served = storage::library_user::site;
  policy.only = order.content;
  content_handler handler(*ring, **library, catalogue, policy, index_cache_bytes, nullptr, 0);
  push_state push{*ring, order, handler, *counters, {}};
  push.bounds.idle = idle_deadline;
  push.bounds.head = idle_deadline;
  auto watched = stop->on_request([&push] {
    push.stop({false, error{errc::cancelled, 0, "push"}});
  });
  io::task_group connections;
  for (std::uint32_t i = 0; i < order.connections && !push.stopping; ++i) {
    connections.start(keep_connection(&push));
  }
  co_await connections.wait_all();
  handler.forget_files();
  co_await (*library)->close();
  co_return push.end;
}

}  // namespace sluice::http
