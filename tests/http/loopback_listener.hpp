#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

namespace sluice::http::test {

/// A listening socket on a free port of loopback; whoever takes it closes it.
struct loopback_listener {
  int descriptor;
  std::uint16_t port;
};

inline loopback_listener listen_on_loopback(int flags) {
  const int made = ::socket(AF_INET, SOCK_STREAM | flags, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr address{};
  std::memcpy(&address, &at, sizeof at);
  REQUIRE(::bind(made, &address, sizeof address) == 0);
  REQUIRE(::listen(made, 64) == 0);
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(made, &address, &length) == 0);
  std::memcpy(&at, &address, sizeof at);
  return {made, ntohs(at.sin_port)};
}

}  // namespace sluice::http::test
