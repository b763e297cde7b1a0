#include "http/connection_host.hpp"
#include "http/server.hpp"

namespace sluice::http {

namespace {

/// Asks the given function about each path.
class observation_handler final : public request_handler {
public:
  explicit observation_handler(std::function<plain_answer(std::string_view)> answer)
      : answer_(std::move(answer)) {}

  io::task<result<void>> answer(const request_head& request, const principal& /*who*/,
                                answer_writer& to) override {
    const std::string path = request.target.substr(0, request.target.find('?'));
    plain_answer given = answer_(path);
    answer_head head;
    head.status = given.status;
    head.content_type = std::move(given.content_type);
    head.keep_alive = request.keep_alive;
    auto sent = co_await to.send(std::move(head), std::move(given.body),
                                 request.method == request_method::get);
    co_return sent;
  }

private:
  std::function<plain_answer(std::string_view)> answer_;
};

}  // namespace

struct observation_server::state {
  state(io::reactor& ring, io::listener listening,
        std::function<plain_answer(std::string_view)> answer)
      : handler(std::move(answer)),
        host(ring, std::move(listening), handler, connection_bounds{},
             std::make_shared<server_counters>()) {}

  observation_handler handler;
  connection_host host;
};

observation_server::observation_server(std::unique_ptr<state> made) : state_(std::move(made)) {}
observation_server::~observation_server() = default;

io::task<result<std::unique_ptr<observation_server>>> observation_server::open(
    io::reactor& ring, io::endpoint listen,
    std::function<plain_answer(std::string_view path)> answer) {
  using outcome = result<std::unique_ptr<observation_server>>;
  auto listening = co_await io::listener::open(ring, std::move(listen), io::port_sharing::none);
  if (!listening) { co_return outcome(listening.error()); }
  auto made = std::make_unique<state>(ring, std::move(*listening), std::move(answer));
  co_return outcome(std::unique_ptr<observation_server>(new observation_server(std::move(made))));
}

io::endpoint observation_server::local() const { return state_->host.local(); }

io::task<void> observation_server::serve() { co_await state_->host.serve(); }

void observation_server::stop() noexcept { state_->host.stop(); }

}  // namespace sluice::http
