#pragma once

#include <thrift/protocol/TProtocol.h>
#include <thrift/transport/TTransport.h>

#include <cstddef>
#include <memory>

namespace sluice::rpc {

/// Frames and the strict binary protocol over `transport`, with every bound of limits.hpp: frame
/// and message 1 MiB, strings, containers, recursion. A frame that grows past its bound on the way
/// out fails here (SIZE_LIMIT as CORRUPTED_DATA) and not at the other side.
std::shared_ptr<apache::thrift::protocol::TProtocol> framed_protocol(
    std::shared_ptr<apache::thrift::transport::TTransport> transport);

/// The same protocol without frames, for a message that is in memory already.
std::shared_ptr<apache::thrift::protocol::TProtocol> bare_protocol(
    std::shared_ptr<apache::thrift::transport::TTransport> transport);

/// A buffer that knows the same bounds, for `bare_protocol`.
std::shared_ptr<apache::thrift::transport::TTransport> memory_transport(const std::byte* bytes,
                                                                        std::size_t size);

}  // namespace sluice::rpc
