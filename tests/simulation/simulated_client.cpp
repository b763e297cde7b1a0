#include "tests/simulation/simulated_client.hpp"

#include <array>
#include <charconv>

namespace sluice::simulation {

namespace {

constexpr std::uint16_t content_port = 8080;
constexpr auto patience = std::chrono::seconds(60);

/// The body, when all of an answer 200 is in `received`.
std::optional<std::string> body_of(const std::string& received) {
  constexpr std::string_view length = "Content-Length: ";
  const std::size_t end = received.find("\r\n\r\n");
  const std::size_t at = received.find(length);
  if (!received.starts_with("HTTP/1.1 200 ") || end == std::string::npos || at > end) {
    return std::nullopt;
  }
  std::size_t size = 0;
  std::from_chars(received.data() + at + length.size(), received.data() + end, size);
  if (received.size() < end + 4 + size) { return std::nullopt; }
  return received.substr(end + 4, size);
}

io::task<std::optional<std::string>> get(io::reactor* ring, std::string host, std::string target) {
  auto peer = co_await io::socket::connect(*ring, {host, content_port}, patience);
  if (!peer) { co_return std::nullopt; }
  const std::string asked =
      format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", target, host);
  auto sent = co_await peer->send(std::as_bytes(std::span(asked)), patience);
  std::string received;
  std::array<std::byte, 65536> chunk{};
  while (sent) {
    auto got = co_await peer->receive(chunk, patience);
    if (!got || *got == 0) { break; }
    received.append(reinterpret_cast<const char*>(chunk.data()), *got);
  }
  co_await peer->close();
  co_return body_of(received);
}

io::task<void> get_and_tell(io::reactor* ring, std::string host, std::string target,
                            std::function<void(std::optional<std::string>)> fetched) {
  auto body = co_await get(ring, std::move(host), std::move(target));
  fetched(std::move(body));
}

}  // namespace

simulated_client::simulated_client(joint_time& time) : time_(time) {
  auto made = io::reactor::make(time_.world().machine("client"));
  SLUICE_CHECK(made.ok());
  ring_ = std::move(*made);
}

simulated_client::~simulated_client() {
  while (fetches_.running() > 0) { time_.advance(time_.now() + patience); }
}

void simulated_client::fetch(std::string host, std::string target,
                             std::function<void(std::optional<std::string>)> fetched) {
  ring_->post([this, host = std::move(host), target = std::move(target), fetched] {
    fetches_.start(get_and_tell(ring_.get(), host, target, fetched));
  });
}

}  // namespace sluice::simulation
