#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

/// What an operator says to a site, and is answered. Who may: services.hpp.
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
  model::package_priority priority = model::package_priority::medium;
  bool operator==(const package_add_request&) const = default;
};
struct package_set_request {
  model::package_id package;
  std::optional<model::package_priority> priority;
  std::optional<std::string> name;
  bool operator==(const package_set_request&) const = default;
};
struct distribution_point_request {
  std::string name;
  std::optional<std::string> control_address;
  std::optional<model::distribution_point_mode> mode;
  std::optional<std::vector<model::source_choice>> sources;
  std::optional<model::distribution_schedule> schedule{};
  std::optional<model::rate_limit> limit{};
  std::optional<bool> maintenance{};
  std::optional<bool> prestaged{};
  bool operator==(const distribution_point_request&) const = default;
};
struct distribute_request {
  model::package_id package;
  std::vector<std::string> distribution_points;
  bool redistribute = false;
  std::vector<std::string> groups{};
  bool plan = false;          ///< what would be done; nothing is
  bool with_sources = false;  ///< also to a source of each target that would wait for ever
  bool operator==(const distribute_request&) const = default;
};
struct distribute_answer {
  std::vector<std::string> started;    ///< targets that will get it
  std::vector<std::string> had_it;     ///< already there, nothing moves
  std::vector<std::string> warnings;   ///< "dp3: none of its sources holds or will get PKG00012"
  std::vector<std::string> refused{};  ///< "dp7: there is no such distribution point"
  std::uint32_t files = 0;             ///< that may move to each of `started`
  std::uint64_t bytes = 0;
  bool operator==(const distribute_answer&) const = default;
};
struct package_update_answer {
  model::package_row row;
  bool changed = false;         ///< false: the folder holds what the package does; nothing was done
  std::uint32_t files_new = 0;  ///< that the site did not hold before
  std::uint64_t bytes_new = 0;
  distribute_answer sent;
  bool operator==(const package_update_answer&) const = default;
};
/// Without a distribution point: each that has it under way.
struct cancel_request {
  model::package_id package;
  std::vector<std::string> distribution_points;
  bool detach = false;   ///< the site stops following it; it goes on over there
  bool discard = false;  ///< what was fetched of it goes, too
  bool operator==(const cancel_request&) const = default;
};
enum class group_action : std::uint8_t { create = 1, add = 2, remove = 3 };
/// `remove` without a distribution point removes the group itself. Content stays in either case.
struct group_request {
  group_action action = group_action::create;
  std::string name;
  std::vector<std::string> distribution_points;
  bool operator==(const group_request&) const = default;
};
struct group_answer {
  model::group_row row;
  distribute_answer sent;  ///< what who joined is sent
  bool operator==(const group_answer&) const = default;
};
struct cancel_answer {
  std::vector<std::string> cancelled;
  std::vector<std::string> requested;     ///< the node is asked; it says when it has stopped
  std::vector<std::string> too_late;      ///< it is there already, whole
  std::vector<std::string> nothing;       ///< nothing is under way there
  std::vector<std::string> discarding{};  ///< ... but what was fetched there goes
  bool operator==(const cancel_answer&) const = default;
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

}  // namespace sluice::rpc
