#include "rpc/principal.hpp"

#include <pwd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace sluice::rpc {

namespace {

std::string name_of_user(std::uint32_t user) {
  std::array<char, 4096> space;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, space.data(), space.size(), &found) != 0 || found == nullptr) {
    return format("uid {}", user);
  }
  return found->pw_name;
}

}  // namespace

result<principal> principal_of_unix_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return os_failure(errno, "read the credentials of a Unix socket's peer");
  }
  return principal{
      .how = principal::way::unix_socket, .user = peer.uid, .name = name_of_user(peer.uid)};
}

principal principal_of_loopback(std::string address) {
  return {.how = principal::way::loopback, .user = 0, .name = std::move(address)};
}

result<principal> principal_of_certificate(std::span<const std::byte> public_key_sha256) {
  model::node_id node;
  if (public_key_sha256.size() != 2 * node.bytes.size()) {
    return error{errc::invalid, 0,
                 format("know a node by its key: a SHA-256 has 32 bytes, this has {}",
                        public_key_sha256.size())};
  }
  for (std::size_t i = 0; i < node.bytes.size(); ++i) { node.bytes[i] = public_key_sha256[i]; }
  return principal{.how = principal::way::certificate, .user = 0, .name = node.text()};
}

std::string describe(const principal& caller) {
  switch (caller.how) {
    case principal::way::unix_socket:
      return format("unix user {} ({})", escaped(caller.name), caller.user);
    case principal::way::certificate: return format("node {}", escaped(caller.name));
    case principal::way::loopback: return format("loopback {}", escaped(caller.name));
  }
  return "nobody";
}

}  // namespace sluice::rpc
