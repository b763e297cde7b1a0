#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/toml_document.hpp"
#include "base/base.hpp"
#include "model/model.hpp"

namespace sluice::apps {

/// Where a setting's value came from.
struct setting_origin {
  std::string path;  ///< empty: the default
  std::uint32_t line = 0;
};
/// "default", or "/etc/sluice/sluiced.toml:3".
std::string describe(const setting_origin& origin);

template <typename T>
struct setting {
  T value{};
  setting_origin origin;
};

/// "host:port"; an IPv6 host is written in brackets, kept here without them.
struct network_address {
  std::string host;
  std::uint16_t port = 0;
  auto operator<=>(const network_address&) const = default;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool loopback() const noexcept;  ///< 127.0.0.0/8, ::1 or localhost
};
std::optional<network_address> parse_address(std::string_view text);

struct node_settings {
  setting<std::string> name;
  setting<std::string> state;
  setting<std::string> library;
  setting<std::uint32_t> trash_hours{24, {}};
  setting<std::uint32_t> superseded_content_hours{24, {}};
  setting<std::string> node_socket;
  setting<std::optional<network_address>> observation;
  setting<log::level> log_level{log::level::info, {}};
  setting<std::string> component_logs;  ///< a folder; empty: none
};
/// `[software_distribution.pull_distribution_point]` and its two groups, in ConfigMgr's words.
struct pull_distribution_settings {
  setting<std::uint32_t> number_of_retries;
  setting<std::chrono::minutes> retry_delay;
  setting<std::uint32_t> number_of_polls;
  setting<std::chrono::minutes> polling_delay;
  setting<std::chrono::minutes> content_availability_check;
  setting<std::uint32_t> active_jobs;
  setting<std::vector<std::string>> source_protocols;
};
/// `[software_distribution]`: pushes to standard distribution points (B16).
struct push_settings {
  setting<std::uint32_t> number_of_packages;
  setting<std::uint32_t> threads_per_package;
};
struct site_settings {
  push_settings push;
  pull_distribution_settings pull;
  setting<model::site_code> code;
  setting<std::vector<std::string>> source_roots;
  setting<network_address> listen;
  setting<std::string> admin_socket;
};
/// Who opens the connection over which the site's commands come.
enum class contact_way : std::uint8_t { inbound, outbound };
struct distribution_point_settings {
  setting<network_address> listen;
  setting<std::optional<network_address>> content_address;  ///< nothing: `listen` as it is bound
  setting<contact_way> contact;
  setting<network_address> control;              ///< with `inbound`
  setting<std::optional<network_address>> site;  ///< nothing: this node is the site server
  setting<bool> anonymous_access;
  setting<std::uint32_t> start_stagger_seconds;
  setting<bool> prefer_fast_sources;
  setting<std::uint32_t> sources_per_file{limits::sources_per_file_max, {}};
};

/// What the configuration file says, every value checked. A section makes the role.
struct configuration {
  node_settings node;
  std::optional<site_settings> site;
  std::optional<distribution_point_settings> distribution_point;
};

/// What the site's actors need of them.
model::distribution_settings distribution_settings_of(const site_settings& site);

/// Those that decide how content comes to a distribution point, each with its origin: of the site,
/// and of the host.
std::vector<model::setting_row> shown_site_settings(const configuration& settings);
std::vector<model::setting_row> shown_host_settings(const configuration& settings);

/// Either settings, or every fault of the file, in the file's order.
struct configuration_outcome {
  configuration settings;
  std::vector<configuration_fault> faults;
  [[nodiscard]] bool ok() const noexcept { return faults.empty(); }
};

/// Reads the text of a configuration file. Pure: `host_name` is the default of `[node] name`.
configuration_outcome read_configuration(std::string_view text, const std::string& path,
                                         std::string_view host_name);

/// All settings as a file that reads back to the same ones, with the origin of each.
std::string print_configuration(const configuration& settings);

/// What changes when the file is read again: names of settings ("[node] log_level").
struct configuration_change {
  std::vector<std::string> applied;  ///< may change while running
  std::vector<std::string> kept;     ///< need a restart; the old value stays
};
configuration_change compare(const configuration& now, const configuration& then);
/// `now` with those values of `then` that may change while running.
configuration apply_reload(configuration now, const configuration& then);

}  // namespace sluice::apps
