#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "rpc/validation.hpp"

/// The three Thrift services as the rest of sluice sees them: values of model/, no Thrift header. A
/// server is given an implementation; a client is one. Calls block; they run on rpc's own threads,
/// never on a reactor or an actor's worker.
namespace sluice::rpc {

/// Who calls, from the transport only (never from a body).
struct principal {
  enum class way : std::uint8_t { unix_socket, certificate, loopback } how = way::unix_socket;
  std::uint32_t user = 0;  ///< uid, for unix_socket (SO_PEERCRED)
  std::string name;        ///< user name, certificate identity, or address
  bool operator==(const principal&) const = default;
};

struct page_request {
  std::uint32_t offset = 0;
  std::uint32_t rows = limits::list_page_rows;
  bool operator==(const page_request&) const = default;
};
template <typename Row>
struct page {
  std::vector<Row> rows;
  std::uint32_t total = 0;
  bool operator==(const page&) const = default;
};

struct package_add_request {
  std::string folder;                   ///< absolute path on the site server
  std::optional<model::package_id> id;  ///< allotted when not given
  std::string name;
  bool operator==(const package_add_request&) const = default;
};
struct distribution_point_request {
  std::string name;
  std::optional<std::string> control_address;
  std::optional<model::distribution_point_mode> mode;
  std::optional<std::vector<model::source_choice>> sources;
  bool operator==(const distribution_point_request&) const = default;
};
struct distribute_request {
  model::package_id package;
  std::vector<std::string> distribution_points;
  bool redistribute = false;
  bool operator==(const distribute_request&) const = default;
};
struct distribute_answer {
  std::vector<std::string> started;   ///< targets that will get it
  std::vector<std::string> had_it;    ///< already there, nothing moves
  std::vector<std::string> warnings;  ///< "dp3: none of its sources holds or will get PKG00012"
  bool operator==(const distribute_answer&) const = default;
};
struct status_query {
  std::optional<model::package_id> package;
  std::optional<std::string> distribution_point;
  page_request page;
  bool operator==(const status_query&) const = default;
};
/// The progress of a `package_add` under way, asked for by another call.
struct package_add_progress {
  bool running = false;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  bool operator==(const package_add_progress&) const = default;
};

/// Admin: client -> site.
class admin_service {
public:
  virtual ~admin_service() = default;
  virtual result<model::package_row> package_add(const principal&, const package_add_request&) = 0;
  virtual result<package_add_progress> package_add_status(const principal&,
                                                          const std::string& folder) = 0;
  virtual result<page<model::package_row>> package_list(const principal&, page_request) = 0;
  virtual result<model::package_row> package_show(const principal&, model::package_id) = 0;
  virtual result<void> package_remove(const principal&, model::package_id) = 0;
  virtual result<model::distribution_point_row> distribution_point_add(
      const principal&, const distribution_point_request&) = 0;
  virtual result<model::distribution_point_row> distribution_point_set(
      const principal&, const distribution_point_request&) = 0;
  virtual result<page<model::distribution_point_row>> distribution_point_list(const principal&,
                                                                              page_request) = 0;
  virtual result<model::distribution_point_row> distribution_point_show(
      const principal&, const std::string& name) = 0;
  virtual result<void> distribution_point_remove(const principal&, const std::string& name) = 0;
  virtual result<distribute_answer> distribute(const principal&, const distribute_request&) = 0;
  virtual result<page<model::distribution_row>> status(const principal&, const status_query&) = 0;
  virtual result<model::distribution_row> job_show(const principal&, model::job_id) = 0;
  virtual result<model::why_report> why(const principal&, model::package_id,
                                        const std::string& distribution_point) = 0;
  virtual result<page<model::message_row>> messages(const principal&, page_request) = 0;
  /// Begins a cycle on each distribution point that can be asked.
  virtual result<validation_begun> validation_begin(const principal&,
                                                    const validation_request&) = 0;
  /// A row for each of them, as last heard. `not_found`: too long ago, or before a restart.
  virtual result<page<model::validation_row>> validation_show(const principal&, model::cycle_id,
                                                              page_request) = 0;
};

/// The subset on a node's own socket (`sluice --node`).
class node_service {
public:
  virtual ~node_service() = default;
  virtual result<model::node_report> node_status(const principal&) = 0;
  virtual result<model::why_report> node_why(const principal&, model::package_id) = 0;
  virtual result<model::library_report> node_library(const principal&) = 0;
};

struct registration {
  std::string name;
  model::node_id node;
  model::epoch_id epoch;
  std::string content_address;
  std::string build;
  std::vector<model::content_id>
      inventory;  ///< with a new epoch: all it holds (first page; more follow)
  bool full_inventory = false;
  bool operator==(const registration&) const = default;
};
struct registration_answer {
  std::vector<std::string> site_keys;  ///< hex public keys whose manifests to believe
  std::string site;                    ///< site code
  std::uint64_t acknowledged = 0;      ///< reports of this epoch up to here are known
  bool operator==(const registration_answer&) const = default;
};
struct report_batch {
  model::node_id node;
  model::epoch_id epoch;
  std::vector<model::state_message> states;
  std::vector<model::status_message> messages;
  bool operator==(const report_batch&) const = default;
};
struct heartbeat_request {
  model::node_id node;
  model::epoch_id epoch;
  std::uint32_t jobs_open = 0;
  bool operator==(const heartbeat_request&) const = default;
};
struct heartbeat_answer {
  bool known = true;  ///< false: register again
  bool operator==(const heartbeat_answer&) const = default;
};

/// ManagementPoint: node -> site.
class management_point_service {
public:
  virtual ~management_point_service() = default;
  virtual result<registration_answer> register_node(const principal&, const registration&) = 0;
  virtual result<heartbeat_answer> heartbeat(const principal&, const heartbeat_request&) = 0;
  /// Acknowledges up to the returned sequence: what is in the site database for good.
  virtual result<std::uint64_t> submit(const principal&, const report_batch&) = 0;
};

enum class notify_answer : std::uint8_t { accepted = 1, known = 2, at_capacity = 3 };
struct poll_answer {
  bool known = false;
  model::state_message state;
  bool operator==(const poll_answer&) const = default;
};

/// DistributionPointControl: site -> node.
class control_service {
public:
  virtual ~control_service() = default;
  virtual result<notify_answer> notify(const principal&, const model::notification&) = 0;
  virtual result<poll_answer> poll(const principal&, model::job_id) = 0;
  virtual result<void> remove_content(const principal&, model::content_id) = 0;
  virtual result<page<model::content_id>> inventory(const principal&, page_request) = 0;
  virtual result<void> validate(const principal&, const validation_order&) = 0;
  virtual result<model::validation_row> validation_progress(const principal&, model::cycle_id) = 0;
};

}  // namespace sluice::rpc
