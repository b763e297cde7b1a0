#include "rpc/handlers.hpp"

#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/transport/TBufferTransports.h>

#include "Admin.h"
#include "DistributionPointControl.h"
#include "ManagementPoint.h"
#include "Node.h"
#include "rpc/gate.hpp"
#include "rpc/protocol.hpp"
#include "rpc/wire_groups.hpp"
#include "rpc/wire_node.hpp"

namespace sluice::rpc {

namespace {

using namespace apache::thrift;

/// Room for a message's head and a page's own fields.
constexpr std::size_t page_bytes_max = limits::rpc_frame_bytes_max - 4 * limits::kib;

std::size_t encoded_size(const std::string& row) { return sizeof(std::int32_t) + row.size(); }
template <typename Row>
std::size_t encoded_size(const Row& row) {
  auto buffer = std::make_shared<transport::TMemoryBuffer>();
  return row.write(bare_protocol(buffer).get());
}

/// As many rows as were asked for, may be listed, and fit into a frame; the first always must.
template <typename WirePage, typename Row>
WirePage page_to_wire(const page<Row>& given, std::uint32_t rows_max) {
  WirePage made;
  made.__set_total(number_to_wire(given.total, "total"));
  std::size_t bytes = 0;
  for (const auto& row : given.rows) {
    if (made.rows.size() == rows_max) { break; }
    auto one = to_wire(row);
    bytes += encoded_size(one);
    if (bytes > page_bytes_max) {
      if (!made.rows.empty()) { break; }
      throw to_wire(error{errc::limit_reached, 0, "list: one row does not fit into a message"});
    }
    made.rows.push_back(std::move(one));
  }
  return made;
}

/// `hello`, the same for every service.
template <typename Interface>
class greeter : public Interface {
public:
  explicit greeter(gate& before) : gate_(before) {}

  void hello(wire::greeting& into, const wire::greeting& mine) override {
    const auto ours = good(gate_.greet({.oldest = number_from_wire(mine.oldest, "oldest"),
                                        .newest = number_from_wire(mine.newest, "newest"),
                                        .build = mine.build}));
    into.__set_oldest(number_to_wire(ours.oldest, "oldest"));
    into.__set_newest(number_to_wire(ours.newest, "newest"));
    into.__set_build(ours.build);
  }

protected:
  [[nodiscard]] const principal& caller() const { return gate_.caller(); }

private:
  gate& gate_;
};

class admin_handler final : public greeter<wire::AdminIf> {
public:
  admin_handler(gate& before, admin_service* service) : greeter(before), service_(service) {}

  void package_add(wire::package_row& into, const wire::package_add_request& given) override {
    into = to_wire(good(service_->package_add(caller(), from_wire(given))));
  }
  void package_add_status(wire::package_add_progress& into, const std::string& folder) override {
    into = to_wire(good(service_->package_add_status(caller(), folder)));
  }
  void package_list(wire::package_page& into, const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into =
        page_to_wire<wire::package_page>(good(service_->package_list(caller(), wish)), wish.rows);
  }
  void package_show(wire::package_row& into, const std::string& package) override {
    into = to_wire(good(service_->package_show(caller(), package_from_wire(package))));
  }
  void package_update(wire::package_update_answer& into, const std::string& package) override {
    into = to_wire(good(service_->package_update(caller(), package_from_wire(package))));
  }
  void package_set(wire::package_row& into, const wire::package_set_request& given) override {
    into = to_wire(good(service_->package_set(caller(), from_wire(given))));
  }
  void package_remove(const std::string& package) override {
    good(service_->package_remove(caller(), package_from_wire(package)));
  }
  void distribution_point_add(wire::distribution_point_row& into,
                              const wire::distribution_point_request& given) override {
    into = to_wire(good(service_->distribution_point_add(caller(), from_wire(given))));
  }
  void distribution_point_set(wire::distribution_point_row& into,
                              const wire::distribution_point_request& given) override {
    into = to_wire(good(service_->distribution_point_set(caller(), from_wire(given))));
  }
  void distribution_point_list(wire::distribution_point_page& into,
                               const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::distribution_point_page>(
        good(service_->distribution_point_list(caller(), wish)), wish.rows);
  }
  void distribution_point_show(wire::distribution_point_row& into,
                               const std::string& name) override {
    into = to_wire(good(service_->distribution_point_show(caller(), name)));
  }
  void distribution_point_candidates(wire::source_candidates& into,
                                     const std::string& name) override {
    for (const auto& each : good(service_->distribution_point_candidates(caller(), name))) {
      into.rows.push_back(to_wire(each));
    }
  }
  void distribution_point_settings(wire::setting_rows& into, const std::string& name) override {
    into.__set_rows(settings_to_wire(good(service_->distribution_point_settings(caller(), name))));
  }
  void distribution_point_remove(const std::string& name, const bool keep_content) override {
    good(service_->distribution_point_remove(caller(), name, keep_content));
  }
  void distribute(wire::distribute_answer& into, const wire::distribute_request& given) override {
    into = to_wire(good(service_->distribute(caller(), from_wire(given))));
  }
  void group_change(wire::group_answer& into, const wire::group_request& given) override {
    into = to_wire(good(service_->group_change(caller(), from_wire(given))));
  }
  void group_list(wire::group_page& into, const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::group_page>(good(service_->group_list(caller(), wish)), wish.rows);
  }
  void group_show(wire::group_row& into, const std::string& name) override {
    into = to_wire(good(service_->group_show(caller(), name)));
  }
  void group_status(wire::group_status_page& into, const std::string& name,
                    const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::group_status_page>(good(service_->group_status(caller(), name, wish)),
                                                 wish.rows);
  }
  void cancel(wire::cancel_answer& into, const wire::cancel_request& given) override {
    into = to_wire(good(service_->cancel(caller(), from_wire(given))));
  }
  void status(wire::distribution_page& into, const wire::status_query& query) override {
    const auto wish = from_wire(query);
    into = page_to_wire<wire::distribution_page>(good(service_->status(caller(), wish)),
                                                 wish.page.rows);
  }
  void job_show(wire::distribution_row& into, const std::string& job) override {
    into = to_wire(good(service_->job_show(caller(), job_from_wire(job))));
  }
  void why(wire::why_report& into, const std::string& package,
           const std::string& distribution_point) override {
    into = to_wire(good(service_->why(caller(), package_from_wire(package), distribution_point)));
  }
  void messages(wire::message_page& into, const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::message_page>(good(service_->messages(caller(), wish)), wish.rows);
  }
  void validation_begin(wire::validation_begun& into,
                        const wire::validation_request& given) override {
    into = to_wire(good(service_->validation_begin(caller(), from_wire(given))));
  }
  void validation_show(wire::validation_page& into, const std::string& cycle,
                       const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::validation_page>(
        good(service_->validation_show(caller(), cycle_from_wire(cycle), wish)), wish.rows);
  }

private:
  admin_service* service_;
};

class node_handler final : public greeter<wire::NodeIf> {
public:
  node_handler(gate& before, node_service* service) : greeter(before), service_(service) {}

  void node_status(wire::node_report& into) override {
    into = to_wire(good(service_->node_status(caller())));
  }
  void node_why(wire::why_report& into, const std::string& package) override {
    into = to_wire(good(service_->node_why(caller(), package_from_wire(package))));
  }
  void node_library(wire::library_report& into) override {
    into = to_wire(good(service_->node_library(caller())));
  }
  void node_adopt(wire::adoption& into) override {
    into = to_wire(good(service_->node_adopt(caller())));
  }

private:
  node_service* service_;
};

class management_point_handler final : public greeter<wire::ManagementPointIf> {
public:
  management_point_handler(gate& before, management_point_service* service)
      : greeter(before), service_(service) {}

  void register_node(wire::registration_answer& into, const wire::registration& given) override {
    into = to_wire(good(service_->register_node(caller(), from_wire(given))));
  }
  void heartbeat(wire::heartbeat_answer& into, const wire::heartbeat_request& given) override {
    into = to_wire(good(service_->heartbeat(caller(), from_wire(given))));
  }
  std::int64_t submit(const wire::report_batch& given) override {
    return number_to_wire(good(service_->submit(caller(), from_wire(given))), "acknowledged");
  }

private:
  management_point_service* service_;
};

class control_handler final : public greeter<wire::DistributionPointControlIf> {
public:
  control_handler(gate& before, control_service* service) : greeter(before), service_(service) {}

  wire::notify_answer::type notify(const wire::notification& given) override {
    const auto checked = from_wire(given);
    good(model::check_notification(checked));
    return to_wire(good(service_->notify(caller(), checked)));
  }
  void poll(wire::poll_answer& into, const std::string& job) override {
    into = to_wire(good(service_->poll(caller(), job_from_wire(job))));
  }
  wire::cancel_outcome::type cancel(const std::string& job, const std::string& user,
                                    const std::string& discard) override {
    job_cancel given{job_from_wire(job), user};
    if (!discard.empty()) { given.discard = content_from_wire(discard); }
    return to_wire(good(service_->cancel(caller(), given)));
  }
  void remove_content(const std::string& content) override {
    good(service_->remove_content(caller(), content_from_wire(content)));
  }
  void inventory(wire::content_page& into, const wire::page_request& page) override {
    const auto wish = from_wire(page);
    into = page_to_wire<wire::content_page>(good(service_->inventory(caller(), wish)), wish.rows);
  }
  void validate(const wire::validation_order& given) override {
    good(service_->validate(caller(), from_wire(given)));
  }
  void validation_progress(wire::validation_row& into, const std::string& cycle) override {
    into = to_wire(good(service_->validation_progress(caller(), cycle_from_wire(cycle))));
  }
  std::int64_t free_space() override {
    return number_to_wire(model::raw(good(service_->free_space(caller()))), "free_space");
  }
  void begin_push(std::string& into, const std::string& job,
                  const std::int32_t stall_seconds) override {
    const std::chrono::seconds patience{number_from_wire(stall_seconds, "stall_seconds")};
    into = good(service_->begin_push(caller(), job_from_wire(job), patience));
  }

private:
  control_service* service_;
};

/// The generated processor with the gate before every method, whatever the handler does.
template <typename Processor, typename Handler>
class guarded final : public Processor {
public:
  template <typename Service>
  guarded(std::shared_ptr<gate> before, Service* service)
      : Processor(std::make_shared<Handler>(*before, service)), gate_(std::move(before)) {}

protected:
  bool dispatchCall(protocol::TProtocol* in, protocol::TProtocol* out, const std::string& method,
                    std::int32_t sequence, void* context) override {
    const auto refused = gate_->refuse(method);
    if (!refused) { return Processor::dispatchCall(in, out, method, sequence, context); }
    in->skip(protocol::T_STRUCT);
    in->readMessageEnd();
    in->getTransport()->readEnd();
    answer(*out, method, sequence, to_wire(*refused));
    return true;
  }

private:
  /// What each method's result looks like when it fails: field 1 is the exception.
  static void answer(protocol::TProtocol& out, const std::string& method, std::int32_t sequence,
                     const wire::failure& refused) {
    out.writeMessageBegin(method, protocol::T_REPLY, sequence);
    out.writeStructBegin("result");
    out.writeFieldBegin("refused", protocol::T_STRUCT, 1);
    refused.write(&out);
    out.writeFieldEnd();
    out.writeFieldStop();
    out.writeStructEnd();
    out.writeMessageEnd();
    out.getTransport()->writeEnd();
    out.getTransport()->flush();
  }

  std::shared_ptr<gate> gate_;
};

}  // namespace

std::shared_ptr<TProcessor> make_processor(const principal& caller,
                                           const offered_services& services,
                                           const protocol_range& speaks) {
  auto all = std::make_shared<TMultiplexedProcessor>();
  const auto before = [&](const char* name, bool offered) {
    return std::make_shared<gate>(name, offered, caller, speaks);
  };
  using admin = guarded<wire::AdminProcessor, admin_handler>;
  using node = guarded<wire::NodeProcessor, node_handler>;
  using management_point = guarded<wire::ManagementPointProcessor, management_point_handler>;
  using control = guarded<wire::DistributionPointControlProcessor, control_handler>;
  all->registerProcessor(
      "Admin", std::make_shared<admin>(before("Admin", services.admin != nullptr), services.admin));
  all->registerProcessor(
      "Node", std::make_shared<node>(before("Node", services.node != nullptr), services.node));
  all->registerProcessor("ManagementPoint",
                         std::make_shared<management_point>(
                             before("ManagementPoint", services.management_point != nullptr),
                             services.management_point));
  all->registerProcessor(
      "DistributionPointControl",
      std::make_shared<control>(before("DistributionPointControl", services.control != nullptr),
                                services.control));
  return all;
}

}  // namespace sluice::rpc
