#include <algorithm>

#include "rpc/client.hpp"

namespace sluice::rpc {

namespace {

const principal caller{.how = principal::way::loopback, .user = 0, .name = "127.0.0.1"};

/// Passes calls on as a principal on loopback; without a service they end `unreachable`.
template <typename Service>
class local_client {
protected:
  local_client(std::string address, Service* service)
      : address_(std::move(address)), service_(service) {}

  template <typename Answer, typename... Parameters, typename... Arguments>
  Answer pass(Answer (Service::*method)(const principal&, Parameters...),
              Arguments&&... arguments) const {
    if (service_ == nullptr) {
      return error{errc::unreachable, 0, format("connect to {}: nobody is there", address_)};
    }
    return (service_->*method)(caller, std::forward<Arguments>(arguments)...);
  }

private:
  std::string address_;
  Service* service_;
};

class local_control final : public control_service, local_client<control_service> {
public:
  local_control(std::string address, control_service* service)
      : local_client(std::move(address), service) {}
  result<notify_answer> notify(const principal&, const model::notification& given) override {
    return pass(&control_service::notify, given);
  }
  result<poll_answer> poll(const principal&, model::job_id job) override {
    return pass(&control_service::poll, job);
  }
  result<cancel_outcome> cancel(const principal&, const job_cancel& given) override {
    return pass(&control_service::cancel, given);
  }
  result<void> remove_content(const principal&, model::content_id content) override {
    return pass(&control_service::remove_content, content);
  }
  result<page<model::content_id>> inventory(const principal&, page_request wish) override {
    return pass(&control_service::inventory, wish);
  }
  result<void> validate(const principal&, const validation_order& given) override {
    return pass(&control_service::validate, given);
  }
  result<model::validation_row> validation_progress(const principal&,
                                                    model::cycle_id cycle) override {
    return pass(&control_service::validation_progress, cycle);
  }
  result<model::byte_count> free_space(const principal&) override {
    return pass(&control_service::free_space);
  }
  result<std::string> begin_push(const principal&, model::job_id job,
                                 std::chrono::seconds patience) override {
    return pass(&control_service::begin_push, job, patience);
  }
};

class local_management_point final : public management_point_service,
                                     local_client<management_point_service> {
public:
  local_management_point(std::string address, management_point_service* service)
      : local_client(std::move(address), service) {}
  result<registration_answer> register_node(const principal&, const registration& given) override {
    return pass(&management_point_service::register_node, given);
  }
  result<heartbeat_answer> heartbeat(const principal&, const heartbeat_request& given) override {
    return pass(&management_point_service::heartbeat, given);
  }
  result<std::uint64_t> submit(const principal&, const report_batch& given) override {
    return pass(&management_point_service::submit, given);
  }
};

}  // namespace

void memory_client_pool::offer(std::string address, offered_services services) {
  withdraw(address);
  offers_.emplace_back(std::move(address), services);
}

void memory_client_pool::withdraw(const std::string& address) {
  std::erase_if(offers_, [&](const auto& offer) { return offer.first == address; });
}

offered_services memory_client_pool::at(const std::string& address) const {
  const auto found = std::find_if(offers_.begin(), offers_.end(),
                                  [&](const auto& offer) { return offer.first == address; });
  return found == offers_.end() ? offered_services{} : found->second;
}

result<void> memory_client_pool::with_control(std::string address,
                                              std::function<void(control_service&)> call) {
  local_control client(address, at(address).control);
  call(client);
  return {};
}

result<void> memory_client_pool::with_management_point(
    std::string address, std::function<void(management_point_service&)> call) {
  local_management_point client(address, at(address).management_point);
  call(client);
  return {};
}

}  // namespace sluice::rpc
