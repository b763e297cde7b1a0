#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"
#include "model/job_state.hpp"

namespace sluice::model {

using calendar_time = std::chrono::sys_time<std::chrono::milliseconds>;

enum class severity : std::uint8_t { info = 1, warning = 2, error = 3 };
enum class message_type : std::uint8_t { milestone = 1, detail = 2, audit = 3 };
enum class component : std::uint8_t {
  distribution_manager,
  distribution_point_monitoring,
  package_transfer_manager,
  pull_dp,
  librarian,
  site_configuration,
  cloud_source,
  client,
  site_security,
};

/// One row of the catalogue (features M): fixed number, severity, component, type, its sentence
/// with %1, %2 for the insertion strings.
struct catalogue_row {
  std::uint32_t id;
  model::severity severity;
  model::component component;
  message_type type;
  std::string_view sentence;
  std::uint8_t insertions;
};
/// The whole catalogue, sorted by id.
std::span<const catalogue_row> status_catalogue() noexcept;
/// Nothing when this build does not know the id.
const catalogue_row* find_in_catalogue(std::uint32_t id) noexcept;
std::string_view name_of(severity value) noexcept;
std::string_view name_of(component value) noexcept;
std::string_view name_of(message_type value) noexcept;

/// "2026-11-26T01:02:03.004Z" (RFC 3339).
std::string iso_time(calendar_time time);

/// What a node tells its site. Keyed by (node, epoch, sequence); repeats are harmless.
struct status_message {
  std::uint64_t sequence = 0;
  calendar_time time;
  std::string system;    ///< the reporting node's label
  std::uint32_t id = 0;  ///< catalogue
  std::vector<std::string> insertions;
  bool operator==(const status_message&) const = default;
};
/// "PKG00012: the transfer to distribution point dp2 is done, 42 bytes": the catalogue's sentence
/// with the insertions in place, escaped; a missing one is "?". An unknown id shows them in a row.
std::string sentence_of(const status_message& message);

/// The state topic (902): how far a job is. The newest (by sequence) wins, and only for its job.
struct state_message {
  std::uint64_t sequence = 0;
  calendar_time time;
  job_id job;
  content_id content;
  state_report report = state_report::in_progress;
  job_state state = job_state::downloading;
  byte_count bytes_total{};
  byte_count bytes_done{};         ///< never decreases within a job
  byte_count bytes_transferred{};  ///< content bytes that crossed the network
  std::uint64_t pieces_verified = 0;
  std::uint64_t bytes_per_second = 0;
  std::string source;                     ///< the current source's name, or empty
  std::string reason;                     ///< why it waits or failed, one sentence, or empty
  std::optional<calendar_time> next_try;  ///< when a waiting job tries again by itself
  bool operator==(const state_message&) const = default;
};

}  // namespace sluice::model
