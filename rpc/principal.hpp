#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "rpc/services.hpp"

/// Who calls: made from the transport, once per connection, and from nothing else.
namespace sluice::rpc {

/// Of the peer of an accepted Unix socket (SO_PEERCRED): uid, and the user's name when it has one.
result<principal> principal_of_unix_peer(int socket);

/// Of a peer on a loopback address, which nothing but the address names.
principal principal_of_loopback(std::string address);

/// Of a certificate that the transport has verified: a node is its key, so its name is the node id,
/// the first half of the SHA-256 of its public key; labels in the certificate do not count.
result<principal> principal_of_certificate(std::span<const std::byte> public_key_sha256);

/// "unix user backup (34)", "node 3fa9...", "loopback 127.0.0.1", for logs.
std::string describe(const principal& caller);

}  // namespace sluice::rpc
