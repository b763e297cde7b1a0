#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "http/message_head.hpp"

namespace sluice::http::test {

/// A blocking TCP client that sends what it is told and reads what comes; each wait is bounded.
class raw_peer {
public:
  explicit raw_peer(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(socket_ >= 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr address{};
    static_assert(sizeof address == sizeof to);
    std::memcpy(&address, &to, sizeof to);
    REQUIRE(::connect(socket_, &address, sizeof address) == 0);
  }
  ~raw_peer() { ::close(socket_); }
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  /// False when the other side has closed already.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) { return false; }
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// More bytes into `received`; false at the end, after a reset, or after `patience`.
  bool receive(int patience_milliseconds = 20'000) {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, patience_milliseconds) != 1) { return false; }
    char chunk[65536];
    const ssize_t got = ::recv(socket_, chunk, sizeof chunk, 0);
    if (got <= 0) { return false; }
    received.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  std::string until_closed() {
    while (receive()) {}
    return received;
  }
  struct answer {
    response_head head;
    std::string raw_head;
    std::string body;
  };
  /// The next answer; `head_only` for what HEAD asked.
  answer next_answer(bool head_only = false) {
    while (true) {
      const response_parse parsed = parse_response_head(received);
      REQUIRE_MESSAGE(parsed.state != head_state::refused, parsed.why);
      if (parsed.state == head_state::complete) {
        const std::uint64_t length =
            head_only || parsed.head.status == 304 ? 0 : parsed.head.content_length.value_or(0);
        while (received.size() < parsed.consumed + length) { REQUIRE(receive()); }
        answer made{parsed.head, received.substr(0, parsed.consumed),
                    received.substr(parsed.consumed, length)};
        received.erase(0, parsed.consumed + length);
        return made;
      }
      REQUIRE(receive());
    }
  }
  answer get(const std::string& target, const std::string& fields = "",
             const std::string& method = "GET") {
    REQUIRE(send(method + " " + target + " HTTP/1.1\r\nHost: dp\r\n" + fields + "\r\n"));
    return next_answer(method == "HEAD");
  }

  std::string received;

private:
  int socket_;
};

}  // namespace sluice::http::test
