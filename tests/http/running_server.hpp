#pragma once

#include <doctest/doctest.h>

#include <future>

#include "http/http.hpp"
#include "tests/http/test_library.hpp"

namespace sluice::http::test {

inline io::task<void> serve_until_stopped(content_server* server, std::promise<void>* ended) {
  co_await server->serve();
  ended->set_value();
}

/// A content server over a library, on a reactor thread of its own and a free port of loopback.
class running_server {
public:
  explicit running_server(const test_library& library, connection_bounds bounds = {},
                          access_policy policy = {true, true}) {
    auto started = io::reactor_thread::start("http");
    REQUIRE_MESSAGE(started.ok(), describe(started.ok() ? error{} : started.error()));
    thread_ = std::move(*started);
    content_server::settings given;
    given.listen = {"127.0.0.1", 0};
    given.library_root = library.root();
    given.access = policy;
    given.bounds = bounds;
    given.pushes = pushes;
    given.withheld = withheld;
    auto opened = io::block_on<result<std::unique_ptr<content_server>>>(thread_->get(), [&] {
      return content_server::open(thread_->get(), library.catalogue, given, counters);
    });
    REQUIRE(opened.ok());
    server_ = std::move(*opened);
    thread_->get().post(
        [this] { thread_->get().start(serve_until_stopped(server_.get(), &ended_)); });
  }
  ~running_server() { stop(); }

  void stop() {
    if (!server_) { return; }
    thread_->get().post([this] { server_->stop(); });
    ended_.get_future().wait();
    thread_->get().post([this] { server_.reset(); });
    thread_.reset();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->local().port; }
  [[nodiscard]] io::reactor& ring() { return thread_->get(); }

  std::shared_ptr<server_counters> counters = std::make_shared<server_counters>();
  std::shared_ptr<push_door> pushes = std::make_shared<push_door>();
  std::shared_ptr<std::atomic<bool>> withheld = std::make_shared<std::atomic<bool>>(false);

private:
  std::unique_ptr<io::reactor_thread> thread_;
  std::unique_ptr<content_server> server_;
  std::promise<void> ended_;
};

}  // namespace sluice::http::test
