#include "tests/simulation/simulated_network.hpp"

#include <deque>

#include "tests/simulation/simulated_node.hpp"

namespace sluice::simulation {

namespace {

constexpr moment latency = std::chrono::milliseconds(1);

/// One way from one node to another, for one call after the other.
class line {
public:
  line(simulated_network& net, std::string from, std::string to, std::shared_ptr<const bool> alive)
      : net_(net), from_(std::move(from)), to_(std::move(to)), alive_(std::move(alive)) {}

  /// In a fiber.
  template <typename Answer, typename Pick, typename Question>
  result<Answer> call(const char* what, const Pick& pick, Question question) {
    auto answer = carry<Answer>(pick, std::move(question));
    net_.trace(format("{} {} {} {}", from_, to_, what, answer ? "ok" : describe(answer.error())));
    return answer;
  }

private:
  template <typename Answer, typename Pick, typename Question>
  result<Answer> carry(const Pick& pick, Question question) {
    fibers& here = net_.calls();
    const auto lost = [&](std::chrono::milliseconds deadline) {
      here.pause(deadline);
      return error{*alive_ ? errc::timed_out : errc::cancelled, 0, format("call {}", to_)};
    };
    here.pause(latency);
    if (net_.parted(from_, to_)) { return lost(limits::rpc_connect_deadline); }
    simulated_node* const node = net_.find(to_);
    if (node == nullptr || !node->is_up()) {
      return error{errc::unreachable, ECONNREFUSED, format("connect to {}", to_)};
    }
    auto answer = here.wait_for<result<Answer>>(
        [&](std::function<void(result<Answer>)> answered) {
          net_.time().ask<Answer>(pick(*node), std::move(question), std::move(answered));
        },
        limits::rpc_call_deadline);
    here.pause(latency);
    if (!answer || net_.parted(from_, to_)) { return lost(limits::rpc_call_deadline); }
    if (!*alive_) { return error{errc::cancelled, 0, format("call {}", to_)}; }
    if (!*answer && answer->error().code == errc::cancelled) {  // it went down meanwhile
      return error{errc::peer_closed, 0, format("call {}", to_)};
    }
    return std::move(*answer);
  }

  simulated_network& net_;
  std::string from_, to_;
  std::shared_ptr<const bool> alive_;
};

result<void> without_value(const result<actors::done>& answer) {
  if (!answer) { return answer.error(); }
  return {};
}

const auto the_point = [](simulated_node& node) { return node.actors().distribution_point; };
const auto the_librarian = [](simulated_node& node) { return node.actors().librarian; };
const auto the_validation = [](simulated_node& node) { return node.actors().validation; };
const auto the_management = [](simulated_node& node) { return node.actors().management_point; };

class control_client final : public rpc::control_service {
public:
  explicit control_client(line& to) : to_(to) {}
  result<rpc::notify_answer> notify(const rpc::principal&,
                                    const model::notification& given) override {
    return to_.call<rpc::notify_answer>("notify", the_point, given);
  }
  result<rpc::poll_answer> poll(const rpc::principal&, model::job_id job) override {
    return to_.call<rpc::poll_answer>("poll", the_point, actors::poll_job{job});
  }
  result<rpc::cancel_outcome> cancel(const rpc::principal&, const rpc::job_cancel& given) override {
    return to_.call<rpc::cancel_outcome>(
        "cancel", the_point, actors::cancel_order{given.job, given.user, given.discard});
  }
  result<void> remove_content(const rpc::principal&, model::content_id content) override {
    const actors::drop_content drop{content, storage::library_user::distribution_point};
    return without_value(to_.call<actors::done>("remove_content", the_point, drop));
  }
  result<rpc::page<model::content_id>> inventory(const rpc::principal&,
                                                 rpc::page_request) override {
    return error{errc::not_found, 0, "ask for the inventory: no actor does"};
  }
  result<void> validate(const rpc::principal&, const rpc::validation_order& order) override {
    const actors::begin_validation begin{order, {}};
    return without_value(to_.call<actors::done>("validate", the_validation, begin));
  }
  result<model::validation_row> validation_progress(const rpc::principal&,
                                                    model::cycle_id cycle) override {
    return to_.call<model::validation_row>("validation_progress", the_validation,
                                           actors::validation_question{cycle});
  }
  result<model::byte_count> free_space(const rpc::principal&) override {
    auto totals = to_.call<storage::content_library::totals>("free_space", the_librarian,
                                                             actors::count_library{});
    if (!totals) { return totals.error(); }
    return model::byte_count{totals->bytes_free};
  }
  result<std::string> begin_push(const rpc::principal&, model::job_id job,
                                 std::chrono::seconds patience) override {
    return to_.call<std::string>("begin_push", the_point, actors::push_question{job, patience});
  }

private:
  line& to_;
};

class management_point_client final : public rpc::management_point_service {
public:
  explicit management_point_client(line& to) : to_(to) {}
  result<rpc::registration_answer> register_node(const rpc::principal&,
                                                 const rpc::registration& given) override {
    return to_.call<rpc::registration_answer>("register", the_management, given);
  }
  result<rpc::heartbeat_answer> heartbeat(const rpc::principal&,
                                          const rpc::heartbeat_request& given) override {
    return to_.call<rpc::heartbeat_answer>("heartbeat", the_management, given);
  }
  result<std::uint64_t> submit(const rpc::principal&, const rpc::report_batch& given) override {
    return to_.call<std::uint64_t>("submit", the_management, given);
  }

private:
  line& to_;
};

/// Calls to one address go one after another.
class simulated_clients final : public rpc::client_pool {
public:
  simulated_clients(simulated_network& net, std::string from, std::shared_ptr<const bool> alive)
      : net_(net), from_(std::move(from)), alive_(std::move(alive)) {}

  result<void> with_control(std::string address,
                            std::function<void(rpc::control_service&)> call) override {
    return add(std::move(address), [call = std::move(call)](line& to) {
      control_client client(to);
      call(client);
    });
  }
  result<void> with_management_point(
      std::string address, std::function<void(rpc::management_point_service&)> call) override {
    return add(std::move(address), [call = std::move(call)](line& to) {
      management_point_client client(to);
      call(client);
    });
  }

private:
  using work = std::function<void(line&)>;
  using queue = std::deque<work>;

  result<void> add(std::string address, work call) {
    auto& waiting = waiting_[address];
    if (!waiting) { waiting = std::make_shared<queue>(); }
    waiting->push_back(std::move(call));
    if (waiting->size() > 1) { return {}; }
    net_.calls().start(
        [&net = net_, from = from_, to = std::move(address), alive = alive_, mine = waiting] {
          while (!mine->empty()) {
            line way(net, from, to, alive);
            mine->front()(way);
            mine->pop_front();
          }
        });
    return {};
  }

  simulated_network& net_;
  std::string from_;
  std::shared_ptr<const bool> alive_;
  std::map<std::string, std::shared_ptr<queue>> waiting_;
};

std::string host_of(const std::string& address) { return address.substr(0, address.find(':')); }

}  // namespace

void simulated_network::join(simulated_node& node) { nodes_[node.name()] = &node; }

simulated_node* simulated_network::find(const std::string& address) const {
  const auto found = nodes_.find(host_of(address));
  return found == nodes_.end() ? nullptr : found->second;
}

void simulated_network::part(const std::string& one, const std::string& other) {
  if (parted_.insert(std::minmax(one, other)).second) { time_.world().part(one, other); }
}

void simulated_network::heal(const std::string& one, const std::string& other) {
  if (parted_.erase(std::minmax(one, other)) > 0) { time_.world().join(one, other); }
}

void simulated_network::heal_all() {
  for (const auto& [one, other] : std::set(parted_)) { heal(one, other); }
}

bool simulated_network::parted(const std::string& one, const std::string& other) const {
  return parted_.contains(std::minmax(host_of(one), host_of(other)));
}

std::shared_ptr<rpc::client_pool> simulated_network::clients_of(std::string from,
                                                                std::shared_ptr<const bool> alive) {
  return std::make_shared<simulated_clients>(*this, std::move(from), std::move(alive));
}

}  // namespace sluice::simulation
