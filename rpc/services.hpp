#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "rpc/admin.hpp"  // IWYU pragma: export
#include "rpc/validation.hpp"

/// The Thrift services as the rest of sluice sees them: values of model/, no Thrift header. A
/// server is given an implementation; a client is one. Calls block; they run on rpc's own threads,
/// never on a reactor or an actor's worker. Those of operators are in rpc/admin.hpp.
namespace sluice::rpc {

struct held_content {
  model::content_id content;
  std::optional<model::digest> manifest_hash;  ///< two sites may give the same PackageID
  bool operator==(const held_content&) const = default;
};
struct registration {
  std::string name;
  model::node_id node;
  model::epoch_id epoch;
  std::string content_address;
  std::string build;
  std::vector<held_content> inventory;  ///< all it holds, in parts of <= 4096
  bool full_inventory = false;
  std::uint32_t part = 0;  ///< of the inventory, counted from 0; the last one makes it count
  bool more = false;       ///< another part follows
  std::vector<model::setting_row> settings;  ///< of this host
  bool operator==(const registration&) const = default;
};
struct registration_answer {
  std::vector<std::string> site_keys;  ///< hex public keys whose manifests to believe
  std::string site;                    ///< site code
  std::uint64_t acknowledged = 0;      ///< reports of this epoch up to here are known
  bool maintenance = false;            ///< the node is to be withheld from clients
  bool operator==(const registration_answer&) const = default;
};
struct report_batch {
  model::node_id node;
  model::epoch_id epoch;
  std::vector<model::state_message> states;
  std::vector<model::status_message> messages;
  bool operator==(const report_batch&) const = default;
};
/// To a node that opens no control port (`contact = outbound`): a message of
/// DistributionPointControl. A session begins with the command whose number it has, the greeting.
struct site_command {
  std::uint64_t session = 0;
  std::uint64_t number = 0;
  std::string message;
  bool operator==(const site_command&) const = default;
};
/// What such a node says with a heartbeat. See `command_session`.
struct command_contact {
  std::uint64_t session = 0;          ///< that it has; 0: none
  std::uint64_t number = 0;           ///< of the command that this is about; 0: of none
  std::optional<std::string> answer;  ///< to that; none: no message, or of no session known
  bool operator==(const command_contact&) const = default;
};
struct heartbeat_request {
  model::node_id node;
  model::epoch_id epoch;
  std::uint32_t jobs_open = 0;
  std::vector<model::usage_window> usage;  ///< none: as it was told before
  std::optional<command_contact> contact = std::nullopt;
  bool operator==(const heartbeat_request&) const = default;
};
struct heartbeat_answer {
  bool known = true;  ///< false: register again
  bool maintenance = false;
  std::optional<site_command> command = std::nullopt;
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
/// `too_late`: the last piece is verified, it will succeed. `unknown`: the job is not there.
enum class cancel_outcome : std::uint8_t { requested = 1, too_late = 2, unknown = 3 };
/// With `discard`, what was fetched for that content and no other job wants is thrown away, whether
/// or not the job is there.
struct job_cancel {
  model::job_id job;
  std::string user;
  std::optional<model::content_id> discard{};
  bool operator==(const job_cancel&) const = default;
};
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
  virtual result<cancel_outcome> cancel(const principal&, const job_cancel&) = 0;
  virtual result<void> remove_content(const principal&, model::content_id) = 0;
  virtual result<page<model::content_id>> inventory(const principal&, page_request) = 0;
  virtual result<void> validate(const principal&, const validation_order&) = 0;
  virtual result<model::validation_row> validation_progress(const principal&, model::cycle_id) = 0;
  virtual result<model::byte_count> free_space(const principal&) = 0;
  /// `not_found`: that job is not open there. `patience`: how long a connection may be silent.
  virtual result<std::string> begin_push(const principal&, model::job_id,
                                         std::chrono::seconds patience) = 0;
};

}  // namespace sluice::rpc
