#include "http/connection_host.hpp"
#include "http/content_handler.hpp"
#include "http/server.hpp"

namespace sluice::http {

struct content_server::state {
  state(io::reactor& ring, io::listener listening, std::unique_ptr<storage::library_reader> opened,
        std::shared_ptr<storage::content_catalogue> catalogue, const settings& given,
        std::shared_ptr<server_counters> counters)
      : library(std::move(opened)),
        buffers(given.buffers ? std::make_unique<io::buffer_pool>(ring, given.buffers) : nullptr),
        handler(ring, *library, std::move(catalogue), given.access, given.index_cache_bytes,
                buffers.get(), given.cold_readers_max),
        host(ring, std::move(listening), handler, given.bounds, std::move(counters), given.pushes) {
    handler.withhold_while(given.withheld);
  }

  std::unique_ptr<storage::library_reader> library;
  std::unique_ptr<io::buffer_pool> buffers;
  content_handler handler;
  connection_host host;
};

content_server::content_server(std::unique_ptr<state> made) : state_(std::move(made)) {}
content_server::~content_server() = default;

io::task<result<std::unique_ptr<content_server>>> content_server::open(
    io::reactor& ring, std::shared_ptr<storage::content_catalogue> catalogue, settings given,
    std::shared_ptr<server_counters> counters) {
  using outcome = result<std::unique_ptr<content_server>>;
  auto library = co_await storage::library_reader::open(ring, given.library_root);
  if (!library) { co_return outcome(library.error()); }
  auto listening = co_await io::listener::open(ring, given.listen, given.port);
  if (!listening) {
    co_await (*library)->close();
    co_return outcome(listening.error());
  }
  auto made = std::make_unique<state>(ring, std::move(*listening), std::move(*library),
                                      std::move(catalogue), given, std::move(counters));
  co_return outcome(std::unique_ptr<content_server>(new content_server(std::move(made))));
}

io::endpoint content_server::local() const { return state_->host.local(); }

io::task<void> content_server::serve() {
  co_await state_->host.serve();
  // While the reactor is there to take them.
  state_->handler.forget_files();
  state_->buffers.reset();
  co_await state_->library->close();
}

void content_server::allow(access_policy policy) noexcept { state_->handler.allow(policy); }

void content_server::stop() noexcept { state_->host.stop(); }

}  // namespace sluice::http
