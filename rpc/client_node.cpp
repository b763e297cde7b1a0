#include "Node.h"
#include "rpc/remote.hpp"
#include "rpc/wire_node.hpp"

namespace sluice::rpc {

namespace {

class remote_node final : public node_service, remote<wire::NodeClient> {
public:
  explicit remote_node(remote_target target) : remote(std::move(target), "Node") {}

  result<model::node_report> node_status(const principal&) override {
    return call("node_status", [&](wire::NodeClient& client) {
      wire::node_report answer;
      client.node_status(answer);
      return from_wire(answer);
    });
  }
  result<model::why_report> node_why(const principal&, model::package_id package) override {
    return call("node_why", [&](wire::NodeClient& client) {
      wire::why_report answer;
      client.node_why(answer, package.text());
      return from_wire(answer);
    });
  }
  result<model::library_report> node_library(const principal&) override {
    return call("node_library", [&](wire::NodeClient& client) {
      wire::library_report answer;
      client.node_library(answer);
      return from_wire(answer);
    });
  }
  result<model::adoption> node_adopt(const principal&) override {
    return call("node_adopt", [&](wire::NodeClient& client) {
      wire::adoption answer;
      client.node_adopt(answer);
      return from_wire(answer);
    });
  }
};

}  // namespace

std::unique_ptr<node_service> connect_node(listen_address to,
                                           std::chrono::milliseconds call_deadline,
                                           protocol_range speaks) {
  return std::make_unique<remote_node>(
      target_of(std::move(to), options_of(call_deadline, std::move(speaks))));
}

}  // namespace sluice::rpc
