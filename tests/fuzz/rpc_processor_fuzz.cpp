#include <thrift/protocol/TMultiplexedProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstddef>
#include <cstdint>

#include "Admin.h"
#include "DistributionPointControl.h"
#include "ManagementPoint.h"
#include "Node.h"
#include "rpc/handlers.hpp"
#include "rpc/protocol.hpp"
#include "rpc/wire_node.hpp"
#include "tests/rpc/fake_node.hpp"

// The first byte of an input says what follows: a connection's bytes as a server reads them, or one
// struct as either side does.

using namespace sluice;
using namespace sluice::rpc;
using apache::thrift::TException;
using apache::thrift::protocol::TMultiplexedProtocol;
using apache::thrift::transport::TMemoryBuffer;

namespace {

constexpr std::uint8_t on_unix_socket = 1;
constexpr std::uint8_t greeted = 2;
constexpr std::uint8_t in_frames = 4;
constexpr std::uint8_t one_struct = 8;

template <typename Client>
void greet(apache::thrift::TProcessor& processor, const char* service) {
  const auto said = std::make_shared<TMemoryBuffer>();
  wire::greeting mine;
  mine.__set_oldest(1);
  mine.__set_newest(1);
  Client(std::make_shared<TMultiplexedProtocol>(bare_protocol(said), service)).send_hello(mine);
  const auto answer = std::make_shared<TMemoryBuffer>();
  processor.process(bare_protocol(said), bare_protocol(answer), nullptr);
  SLUICE_CHECK(answer->available_read() > 0);
}

void converse(std::uint8_t kind, const std::byte* bytes, std::size_t size) {
  fake_admin admin;
  fake_node node;
  fake_management_point management_point;
  fake_control control;
  const error no{errc::conflict, 0, "no"};
  for (script* service :
       {static_cast<script*>(&admin), static_cast<script*>(&node),
        static_cast<script*>(&management_point), static_cast<script*>(&control)}) {
    service->failure = no;
  }
  const principal caller{
      .how = (kind & on_unix_socket) != 0 ? principal::way::unix_socket : principal::way::loopback,
      .user = 0,
      .name = "fuzz"};
  const auto processor = make_processor(caller, {&admin, &node, &management_point, &control}, {});
  if ((kind & greeted) != 0) {
    greet<wire::AdminClient>(*processor, "Admin");
    greet<wire::NodeClient>(*processor, "Node");
    greet<wire::ManagementPointClient>(*processor, "ManagementPoint");
    greet<wire::DistributionPointControlClient>(*processor, "DistributionPointControl");
  }
  const auto said = memory_transport(bytes, size);
  const auto in = (kind & in_frames) != 0 ? framed_protocol(said) : bare_protocol(said);
  const auto out = bare_protocol(std::make_shared<TMemoryBuffer>());
  try {
    while (said->peek()) { processor->process(in, out, nullptr); }
  } catch (const TException&) {  // the server closes the connection
  }
  const bool used_socket = !admin.method.empty() || !node.method.empty();
  const bool used_address = !management_point.method.empty() || !control.method.empty();
  SLUICE_CHECK(!((kind & on_unix_socket) != 0 ? used_address : used_socket));
}

/// What was read and accepted is written and read as the same value.
template <typename Wire>
void read_one(const std::byte* bytes, std::size_t size) {
  try {
    Wire given;
    given.read(bare_protocol(memory_transport(bytes, size)).get());
    const auto value = from_wire(given);
    SLUICE_CHECK(from_wire(to_wire(value)) == value);
  } catch (const TException&) {  // refused
  }
}

void read_struct(std::uint8_t which, const std::byte* bytes, std::size_t size) {
  static constexpr void (*readers[])(const std::byte*, std::size_t) = {
      read_one<wire::notification>,       read_one<wire::report_batch>,
      read_one<wire::registration>,       read_one<wire::registration_answer>,
      read_one<wire::heartbeat_request>,  read_one<wire::poll_answer>,
      read_one<wire::package_row>,        read_one<wire::distribution_point_row>,
      read_one<wire::distribution_row>,   read_one<wire::why_report>,
      read_one<wire::message_row>,        read_one<wire::node_report>,
      read_one<wire::library_report>,     read_one<wire::distribution_point_request>,
      read_one<wire::distribute_request>, read_one<wire::status_query>,
      read_one<wire::validation_order>,   read_one<wire::validation_row>,
      read_one<wire::validation_request>, read_one<wire::validation_begun>,
      read_one<wire::adoption>,           read_one<wire::heartbeat_answer>,
  };
  readers[which % std::size(readers)](bytes, size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > limits::rpc_frame_bytes_max) { return 0; }
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  if ((data[0] & one_struct) != 0) {
    const unsigned which = (data[0] & on_unix_socket) << 4 | data[0] >> 4;
    read_struct(static_cast<std::uint8_t>(which), bytes.data(), bytes.size());
  } else {
    converse(data[0], bytes.data(), bytes.size());
  }
  return 0;
}
