#include "rpc/client.hpp"

#include "Admin.h"
#include "DistributionPointControl.h"
#include "ManagementPoint.h"
#include "rpc/remote.hpp"
#include "rpc/wire_groups.hpp"

namespace sluice::rpc {

namespace {

template <typename Row, typename WirePage>
page<Row> page_from_wire(const WirePage& given) {
  page<Row> made;
  made.total = number_from_wire(given.total, "total");
  made.rows.reserve(given.rows.size());
  for (const auto& row : given.rows) {
    if constexpr (std::is_same_v<Row, model::content_id>) {
      made.rows.push_back(content_from_wire(row));
    } else {
      made.rows.push_back(from_wire(row));
    }
  }
  return made;
}

class remote_admin final : public admin_service, remote<wire::AdminClient> {
public:
  explicit remote_admin(remote_target target) : remote(std::move(target), "Admin") {}

  result<model::package_row> package_add(const principal&,
                                         const package_add_request& given) override {
    return call("package_add", [&](wire::AdminClient& client) {
      wire::package_row answer;
      client.package_add(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<package_add_progress> package_add_status(const principal&,
                                                  const std::string& folder) override {
    return call("package_add_status", [&](wire::AdminClient& client) {
      wire::package_add_progress answer;
      client.package_add_status(answer, folder);
      return from_wire(answer);
    });
  }
  result<page<model::package_row>> package_list(const principal&, page_request wish) override {
    return call("package_list", [&](wire::AdminClient& client) {
      wire::package_page answer;
      client.package_list(answer, to_wire(wish));
      return page_from_wire<model::package_row>(answer);
    });
  }
  result<model::package_row> package_show(const principal&, model::package_id package) override {
    return call("package_show", [&](wire::AdminClient& client) {
      wire::package_row answer;
      client.package_show(answer, package.text());
      return from_wire(answer);
    });
  }
  result<model::package_row> package_set(const principal&,
                                         const package_set_request& given) override {
    return call("package_set", [&](wire::AdminClient& client) {
      wire::package_row answer;
      client.package_set(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<package_update_answer> package_update(const principal&,
                                               model::package_id package) override {
    return call("package_update", [&](wire::AdminClient& client) {
      wire::package_update_answer answer;
      client.package_update(answer, package.text());
      return from_wire(answer);
    });
  }
  result<void> package_remove(const principal&, model::package_id package) override {
    return call("package_remove",
                [&](wire::AdminClient& client) { client.package_remove(package.text()); });
  }
  result<model::distribution_point_row> distribution_point_add(
      const principal&, const distribution_point_request& given) override {
    return call("distribution_point_add", [&](wire::AdminClient& client) {
      wire::distribution_point_row answer;
      client.distribution_point_add(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<model::distribution_point_row> distribution_point_set(
      const principal&, const distribution_point_request& given) override {
    return call("distribution_point_set", [&](wire::AdminClient& client) {
      wire::distribution_point_row answer;
      client.distribution_point_set(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<page<model::distribution_point_row>> distribution_point_list(const principal&,
                                                                      page_request wish) override {
    return call("distribution_point_list", [&](wire::AdminClient& client) {
      wire::distribution_point_page answer;
      client.distribution_point_list(answer, to_wire(wish));
      return page_from_wire<model::distribution_point_row>(answer);
    });
  }
  result<model::distribution_point_row> distribution_point_show(const principal&,
                                                                const std::string& name) override {
    return call("distribution_point_show", [&](wire::AdminClient& client) {
      wire::distribution_point_row answer;
      client.distribution_point_show(answer, name);
      return from_wire(answer);
    });
  }
  result<std::vector<model::source_candidate>> distribution_point_candidates(
      const principal&, const std::string& name) override {
    return call("distribution_point_candidates", [&](wire::AdminClient& client) {
      wire::source_candidates answer;
      client.distribution_point_candidates(answer, name);
      return from_wire(answer);
    });
  }
  result<std::vector<model::setting_row>> distribution_point_settings(
      const principal&, const std::string& name) override {
    return call("distribution_point_settings", [&](wire::AdminClient& client) {
      wire::setting_rows answer;
      client.distribution_point_settings(answer, name);
      return settings_from_wire(answer.rows);
    });
  }
  result<void> distribution_point_remove(const principal&, const std::string& name,
                                         bool keep_content) override {
    return call("distribution_point_remove", [&](wire::AdminClient& client) {
      client.distribution_point_remove(name, keep_content);
    });
  }
  result<distribute_answer> distribute(const principal&, const distribute_request& given) override {
    return call("distribute", [&](wire::AdminClient& client) {
      wire::distribute_answer answer;
      client.distribute(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<group_answer> group_change(const principal&, const group_request& given) override {
    return call("group_change", [&](wire::AdminClient& client) {
      wire::group_answer answer;
      client.group_change(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<page<model::group_row>> group_list(const principal&, page_request wish) override {
    return call("group_list", [&](wire::AdminClient& client) {
      wire::group_page answer;
      client.group_list(answer, to_wire(wish));
      return page_from_wire<model::group_row>(answer);
    });
  }
  result<model::group_row> group_show(const principal&, const std::string& name) override {
    return call("group_show", [&](wire::AdminClient& client) {
      wire::group_row answer;
      client.group_show(answer, name);
      return from_wire(answer);
    });
  }
  result<page<model::group_status_row>> group_status(const principal&, const std::string& name,
                                                     page_request wish) override {
    return call("group_status", [&](wire::AdminClient& client) {
      wire::group_status_page answer;
      client.group_status(answer, name, to_wire(wish));
      return page_from_wire<model::group_status_row>(answer);
    });
  }
  result<cancel_answer> cancel(const principal&, const cancel_request& given) override {
    return call("cancel", [&](wire::AdminClient& client) {
      wire::cancel_answer answer;
      client.cancel(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<page<model::distribution_row>> status(const principal&,
                                               const status_query& query) override {
    return call("status", [&](wire::AdminClient& client) {
      wire::distribution_page answer;
      client.status(answer, to_wire(query));
      return page_from_wire<model::distribution_row>(answer);
    });
  }
  result<model::distribution_row> job_show(const principal&, model::job_id job) override {
    return call("job_show", [&](wire::AdminClient& client) {
      wire::distribution_row answer;
      client.job_show(answer, bytes_to_wire(job.bytes));
      return from_wire(answer);
    });
  }
  result<model::why_report> why(const principal&, model::package_id package,
                                const std::string& distribution_point) override {
    return call("why", [&](wire::AdminClient& client) {
      wire::why_report answer;
      client.why(answer, package.text(), distribution_point);
      return from_wire(answer);
    });
  }
  result<page<model::message_row>> messages(const principal&, page_request wish) override {
    return call("messages", [&](wire::AdminClient& client) {
      wire::message_page answer;
      client.messages(answer, to_wire(wish));
      return page_from_wire<model::message_row>(answer);
    });
  }
  result<validation_begun> validation_begin(const principal&,
                                            const validation_request& given) override {
    return call("validation_begin", [&](wire::AdminClient& client) {
      wire::validation_begun answer;
      client.validation_begin(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<page<model::validation_row>> validation_show(const principal&, model::cycle_id cycle,
                                                      page_request wish) override {
    return call("validation_show", [&](wire::AdminClient& client) {
      wire::validation_page answer;
      client.validation_show(answer, bytes_to_wire(cycle.bytes), to_wire(wish));
      return page_from_wire<model::validation_row>(answer);
    });
  }
};

class remote_management_point final : public management_point_service,
                                      remote<wire::ManagementPointClient> {
public:
  explicit remote_management_point(remote_target target)
      : remote(std::move(target), "ManagementPoint") {}

  result<registration_answer> register_node(const principal&, const registration& given) override {
    return call("register_node", [&](wire::ManagementPointClient& client) {
      wire::registration_answer answer;
      client.register_node(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<heartbeat_answer> heartbeat(const principal&, const heartbeat_request& given) override {
    return call("heartbeat", [&](wire::ManagementPointClient& client) {
      wire::heartbeat_answer answer;
      client.heartbeat(answer, to_wire(given));
      return from_wire(answer);
    });
  }
  result<std::uint64_t> submit(const principal&, const report_batch& given) override {
    return call("submit", [&](wire::ManagementPointClient& client) {
      return number_from_wire(client.submit(to_wire(given)), "acknowledged");
    });
  }
};

class remote_control final : public control_service, remote<wire::DistributionPointControlClient> {
  using thrift_client = wire::DistributionPointControlClient;

public:
  explicit remote_control(remote_target target)
      : remote(std::move(target), "DistributionPointControl") {}

  result<notify_answer> notify(const principal&, const model::notification& given) override {
    return call("notify",
                [&](thrift_client& client) { return from_wire(client.notify(to_wire(given))); });
  }
  result<poll_answer> poll(const principal&, model::job_id job) override {
    return call("poll", [&](thrift_client& client) {
      wire::poll_answer answer;
      client.poll(answer, bytes_to_wire(job.bytes));
      return from_wire(answer);
    });
  }
  result<cancel_outcome> cancel(const principal&, const job_cancel& given) override {
    return call("cancel", [&](thrift_client& client) {
      const std::string discard = given.discard ? given.discard->text() : "";
      return from_wire(client.cancel(bytes_to_wire(given.job.bytes), given.user, discard));
    });
  }
  result<void> remove_content(const principal&, model::content_id content) override {
    return call("remove_content",
                [&](thrift_client& client) { client.remove_content(content.text()); });
  }
  result<page<model::content_id>> inventory(const principal&, page_request wish) override {
    return call("inventory", [&](thrift_client& client) {
      wire::content_page answer;
      client.inventory(answer, to_wire(wish));
      return page_from_wire<model::content_id>(answer);
    });
  }
  result<void> validate(const principal&, const validation_order& given) override {
    return call("validate", [&](thrift_client& client) { client.validate(to_wire(given)); });
  }
  result<model::validation_row> validation_progress(const principal&,
                                                    model::cycle_id cycle) override {
    return call("validation_progress", [&](thrift_client& client) {
      wire::validation_row answer;
      client.validation_progress(answer, bytes_to_wire(cycle.bytes));
      return from_wire(answer);
    });
  }
  result<model::byte_count> free_space(const principal&) override {
    return call("free_space", [&](thrift_client& client) {
      return model::byte_count{number_from_wire(client.free_space(), "free_space")};
    });
  }
  result<std::string> begin_push(const principal&, model::job_id job,
                                 std::chrono::seconds patience) override {
    return call("begin_push", [&](thrift_client& client) {
      std::string ticket;
      client.begin_push(ticket, bytes_to_wire(job.bytes),
                        static_cast<std::int32_t>(patience.count()));
      return ticket;
    });
  }
};

}  // namespace

std::unique_ptr<management_point_service> make_remote_management_point(remote_target target) {
  return std::make_unique<remote_management_point>(std::move(target));
}
std::unique_ptr<control_service> make_remote_control(remote_target target) {
  return std::make_unique<remote_control>(std::move(target));
}

std::unique_ptr<admin_service> connect_admin(listen_address to,
                                             std::chrono::milliseconds call_deadline,
                                             protocol_range speaks) {
  return std::make_unique<remote_admin>(
      target_of(std::move(to), options_of(call_deadline, std::move(speaks))));
}
std::unique_ptr<management_point_service> connect_management_point(listen_address to,
                                                                   client_options options) {
  return make_remote_management_point(target_of(std::move(to), std::move(options)));
}
std::unique_ptr<control_service> connect_control(listen_address to, client_options options) {
  return make_remote_control(target_of(std::move(to), std::move(options)));
}

}  // namespace sluice::rpc
