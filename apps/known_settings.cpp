#include "apps/known_settings.hpp"

#include <algorithm>
#include <array>

namespace sluice::apps {

namespace {

constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t socket_path_bytes_max = 107;  // sun_path of unix(7), without its zero
constexpr std::int64_t hours_max = 24 * 366;
constexpr std::int64_t stagger_seconds_max = 3600;
constexpr std::string_view listen_accepted = "\"host:port\"; port 0 takes a free one";
constexpr std::string_view loopback_accepted =
    "\"host:port\" on loopback (127.0.0.1, [::1], localhost), as there is no mutual TLS yet; port "
    "0 "
    "takes a free one";
constexpr std::string_view folder_accepted = "an absolute path without \".\" and \"..\"";
constexpr std::string_view socket_accepted =
    "an absolute path of at most 107 bytes without \".\" and \"..\"";
constexpr std::array<std::pair<std::string_view, log::level>, 4> log_levels{{
    {"debug", log::level::debug},
    {"info", log::level::info},
    {"warning", log::level::warning},
    {"error", log::level::error},
}};

bool is_absolute_path(std::string_view path) {
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string_view::npos) {
    return false;
  }
  const std::string closed = std::string(path) + "/";
  return closed.find("/./") == std::string::npos && closed.find("/../") == std::string::npos;
}

const std::string* text_of(const toml_setting& given) {
  return std::get_if<std::string>(&given.value);
}

bool read_label(const toml_setting& given, std::string& into) {
  const std::string* text = text_of(given);
  if (text == nullptr || text->empty() || text->size() > label_bytes_max) { return false; }
  const bool plain = std::ranges::all_of(*text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
  });
  if (plain) { into = *text; }
  return plain;
}

bool read_folder(const toml_setting& given, std::string& into) {
  const std::string* text = text_of(given);
  if (text == nullptr || !is_absolute_path(*text)) { return false; }
  into = *text;
  return true;
}

bool read_folder_or_off(const toml_setting& given, std::string& into) {
  into.clear();
  const std::string* text = text_of(given);
  return text != nullptr && (text->empty() || read_folder(given, into));
}

bool read_socket(const toml_setting& given, std::string& into) {
  return read_folder(given, into) && into.size() <= socket_path_bytes_max;
}

bool read_folders(const toml_setting& given, std::vector<std::string>& into) {
  const auto* list = std::get_if<toml_list>(&given.value);
  if (list == nullptr || list->items.empty()) { return false; }
  into = list->items;
  return std::ranges::all_of(into, [](const std::string& path) { return is_absolute_path(path); });
}

bool read_protocols(const toml_setting& given, std::vector<std::string>& into) {
  const auto* list = std::get_if<toml_list>(&given.value);
  if (list == nullptr || list->items.empty()) { return false; }
  into = list->items;
  const bool known = std::ranges::all_of(
      into, [](const std::string& one) { return one == "http" || one == "https"; });
  return known && into.size() <= 2 && (into.size() == 1 || into.front() != into.back());
}

bool read_address(const toml_setting& given, network_address& into) {
  const std::string* text = text_of(given);
  const auto parsed = text == nullptr ? std::nullopt : parse_address(*text);
  if (parsed) { into = *parsed; }
  return parsed.has_value();
}

bool read_loopback(const toml_setting& given, network_address& into) {
  return read_address(given, into) && into.loopback();
}

bool read_target(const toml_setting& given, std::optional<network_address>& into) {
  network_address parsed;
  if (!read_address(given, parsed) || parsed.port == 0) { return false; }
  into = parsed;
  return true;
}

bool read_address_or_off(const toml_setting& given, std::optional<network_address>& into) {
  into.reset();
  const std::string* text = text_of(given);
  if (text != nullptr && text->empty()) { return true; }
  network_address parsed;
  if (!read_address(given, parsed)) { return false; }
  into = parsed;
  return true;
}

bool read_site_code(const toml_setting& given, model::site_code& into) {
  const std::string* text = text_of(given);
  if (text == nullptr) { return false; }
  const auto parsed = model::site_code::parse(*text);
  if (parsed) { into = *parsed; }
  return parsed.ok();
}

bool read_log_level(const toml_setting& given, log::level& into) {
  const std::string* text = text_of(given);
  if (text == nullptr) { return false; }
  const auto* const found = std::ranges::find(log_levels, std::string_view(*text),
                                              [](const auto& row) { return row.first; });
  if (found != log_levels.end()) { into = found->second; }
  return found != log_levels.end();
}

bool read_contact(const toml_setting& given, contact_way& into) {
  const std::string* text = text_of(given);
  if (text == nullptr || (*text != "inbound" && *text != "outbound")) { return false; }
  into = *text == "outbound" ? contact_way::outbound : contact_way::inbound;
  return true;
}

bool read_truth(const toml_setting& given, bool& into) {
  const bool* truth = std::get_if<bool>(&given.value);
  if (truth != nullptr) { into = *truth; }
  return truth != nullptr;
}

bool read_hours(const toml_setting& given, std::uint32_t& into) {
  const auto* number = std::get_if<std::int64_t>(&given.value);
  if (number == nullptr || *number < 0 || *number > hours_max) { return false; }
  into = static_cast<std::uint32_t>(*number);
  return true;
}

bool read_stagger(const toml_setting& given, std::uint32_t& into) {
  const auto* number = std::get_if<std::int64_t>(&given.value);
  if (number == nullptr || *number < 0 || *number > stagger_seconds_max) { return false; }
  into = static_cast<std::uint32_t>(*number);
  return true;
}

bool read_number(const toml_setting& given, std::uint32_t most, std::uint32_t& into) {
  const auto* number = std::get_if<std::int64_t>(&given.value);
  if (number == nullptr || *number < 1 || *number > most) { return false; }
  into = static_cast<std::uint32_t>(*number);
  return true;
}

bool read_attempts(const toml_setting& given, std::uint32_t& into) {
  return read_number(given, model::attempts_max, into);
}

bool read_jobs(const toml_setting& given, std::uint32_t& into) {
  return read_number(given, limits::jobs_per_distribution_point_max, into);
}

bool read_packages(const toml_setting& given, std::uint32_t& into) {
  return read_number(given, model::push_packages_max, into);
}

bool read_threads(const toml_setting& given, std::uint32_t& into) {
  return read_number(given, model::push_threads_max, into);
}

bool read_sources(const toml_setting& given, std::uint32_t& into) {
  return read_number(given, limits::sources_per_file_max, into);
}

bool read_minutes(const toml_setting& given, std::chrono::minutes& into) {
  std::uint32_t number = 0;
  if (!read_number(given, model::attempt_delay_max.count(), number)) { return false; }
  into = std::chrono::minutes(number);
  return true;
}

std::string print_value(std::chrono::minutes value) { return format("{}", value.count()); }
std::string print_value(std::uint32_t value) { return format("{}", value); }
std::string print_value(const std::string& value) { return toml_quoted(value); }
std::string print_value(bool value) { return value ? "true" : "false"; }
std::string print_value(const network_address& value) { return toml_quoted(value.text()); }
std::string print_value(const model::site_code& value) { return toml_quoted(value.text()); }
std::string print_value(const std::optional<network_address>& value) {
  return value ? toml_quoted(value->text()) : std::string();
}
std::string print_value(contact_way value) {
  return toml_quoted(value == contact_way::outbound ? "outbound" : "inbound");
}
std::string print_value(log::level value) {
  const auto* const found =
      std::ranges::find(log_levels, value, [](const auto& row) { return row.second; });
  return toml_quoted(found->first);
}
std::string print_value(const std::vector<std::string>& value) {
  std::string out = "[";
  for (const std::string& item : value) { out += (out.size() > 1 ? ", " : "") + toml_quoted(item); }
  return out + "]";
}

/// `member` finds the setting in a (const or not) configuration; `read` checks a value.
template <typename Member, typename T>
known_setting known(std::string_view section, std::string_view key, std::string_view accepted,
                    Member member, bool (*read)(const toml_setting&, T&)) {
  known_setting made{section, key, accepted, false, {}, {}, {}, {}};
  made.read = [member, read](const toml_setting& given, setting_origin from, configuration& into) {
    auto& place = member(into);
    place.origin = std::move(from);
    return read(given, place.value);
  };
  made.print = [member](const configuration& from) { return print_value(member(from).value); };
  made.origin = [member](const configuration& from) -> const setting_origin& {
    return member(from).origin;
  };
  made.copy = [member](configuration& into, const configuration& from) {
    member(into) = member(from);
  };
  return made;
}

known_setting reloadable(known_setting given) {
  given.reloadable = true;
  return given;
}

std::vector<known_setting> make_node_and_site() {
  return {
      known(
          "node", "name", "1 to 63 letters, digits, '.', '_' or '-'",
          [](auto& all) -> auto& { return all.node.name; }, read_label),
      known(
          "node", "state", folder_accepted, [](auto& all) -> auto& { return all.node.state; },
          read_folder),
      known(
          "node", "library", folder_accepted, [](auto& all) -> auto& { return all.node.library; },
          read_folder),
      known(
          "node", "trash_hours", "a whole number of hours, 0 to 8784",
          [](auto& all) -> auto& { return all.node.trash_hours; }, read_hours),
      known(
          "node", "superseded_content_hours", "a whole number of hours, 0 to 8784",
          [](auto& all) -> auto& { return all.node.superseded_content_hours; }, read_hours),
      known(
          "node", "node_socket", socket_accepted,
          [](auto& all) -> auto& { return all.node.node_socket; }, read_socket),
      known(
          "node", "observation", "\"host:port\", or \"\" for none; port 0 takes a free one",
          [](auto& all) -> auto& { return all.node.observation; }, read_address_or_off),
      reloadable(known(
          "node", "log_level", "\"debug\", \"info\", \"warning\" or \"error\"",
          [](auto& all) -> auto& { return all.node.log_level; }, read_log_level)),
      known(
          "node", "component_logs", "an absolute path, or \"\" for none",
          [](auto& all) -> auto& { return all.node.component_logs; }, read_folder_or_off),
      known(
          "site", "code", "three upper-case letters or digits, as in \"PKG\"",
          [](auto& all) -> auto& { return all.site->code; }, read_site_code),
      reloadable(known(
          "site", "source_roots", "a list of one or more absolute paths without \".\" and \"..\"",
          [](auto& all) -> auto& { return all.site->source_roots; }, read_folders)),
      known(
          "site", "listen", loopback_accepted, [](auto& all) -> auto& { return all.site->listen; },
          read_loopback),
      known(
          "site", "admin_socket", socket_accepted,
          [](auto& all) -> auto& { return all.site->admin_socket; }, read_socket),
  };
}

/// B13. All of them are of the site, and may change while it runs.
std::vector<known_setting> make_software_distribution() {
  constexpr std::string_view here = "software_distribution.pull_distribution_point";
  constexpr std::string_view retries =
      "software_distribution.pull_distribution_point.retry_settings";
  constexpr std::string_view polls =
      "software_distribution.pull_distribution_point.status_polling_settings";
  constexpr std::string_view number = "a whole number, 1 to 999";
  constexpr std::string_view delay = "a whole number of minutes, 1 to 1440";
  return {
      reloadable(known(
          "software_distribution", "maximum_number_of_packages", "a whole number, 1 to 50",
          [](auto& all) -> auto& { return all.site->push.number_of_packages; }, read_packages)),
      reloadable(known(
          "software_distribution", "maximum_threads_per_package", number,
          [](auto& all) -> auto& { return all.site->push.threads_per_package; }, read_threads)),
      reloadable(known(
          here, "content_availability_check_minutes", delay,
          [](auto& all) -> auto& { return all.site->pull.content_availability_check; },
          read_minutes)),
      reloadable(known(
          here, "pull_dp_number_of_active_jobs", "a whole number, 1 to 50",
          [](auto& all) -> auto& { return all.site->pull.active_jobs; }, read_jobs)),
      reloadable(known(
          here, "source_protocols", "a list of \"http\" and \"https\", at least one of them",
          [](auto& all) -> auto& { return all.site->pull.source_protocols; }, read_protocols)),
      reloadable(known(
          retries, "number_of_retries", number,
          [](auto& all) -> auto& { return all.site->pull.number_of_retries; }, read_attempts)),
      reloadable(known(
          retries, "delay_before_retrying_minutes", delay,
          [](auto& all) -> auto& { return all.site->pull.retry_delay; }, read_minutes)),
      reloadable(known(
          polls, "number_of_polls", number,
          [](auto& all) -> auto& { return all.site->pull.number_of_polls; }, read_attempts)),
      reloadable(known(
          polls, "delay_before_retrying_minutes", delay,
          [](auto& all) -> auto& { return all.site->pull.polling_delay; }, read_minutes)),
  };
}

std::vector<known_setting> make_all() {
  std::vector<known_setting> all = make_node_and_site();
  for (known_setting& one : make_software_distribution()) { all.push_back(std::move(one)); }
  all.push_back(known(
      "distribution_point", "listen", listen_accepted,
      [](auto& it) -> auto& { return it.distribution_point->listen; }, read_address));
  all.push_back(known(
      "distribution_point", "content_address", "\"host:port\" that others can connect to",
      [](auto& it) -> auto& { return it.distribution_point->content_address; }, read_target));
  all.push_back(known(
      "distribution_point", "contact", "\"inbound\" or \"outbound\"",
      [](auto& it) -> auto& { return it.distribution_point->contact; }, read_contact));
  all.push_back(known(
      "distribution_point", "control", loopback_accepted,
      [](auto& it) -> auto& { return it.distribution_point->control; }, read_loopback));
  all.push_back(known(
      "distribution_point", "site", "\"host:port\" of the site's management point",
      [](auto& it) -> auto& { return it.distribution_point->site; }, read_target));
  all.push_back(reloadable(known(
      "distribution_point", "anonymous_access", "true or false",
      [](auto& it) -> auto& { return it.distribution_point->anonymous_access; }, read_truth)));
  all.push_back(known(
      "distribution_point", "start_stagger_seconds", "a whole number of seconds, 0 to 3600",
      [](auto& it) -> auto& { return it.distribution_point->start_stagger_seconds; },
      read_stagger));
  all.push_back(known(
      "distribution_point", "prefer_fast_sources", "true or false",
      [](auto& it) -> auto& { return it.distribution_point->prefer_fast_sources; }, read_truth));
  all.push_back(known(
      "distribution_point", "sources_per_file", "a whole number, 1 to 4",
      [](auto& it) -> auto& { return it.distribution_point->sources_per_file; }, read_sources));
  return all;
}

}  // namespace

const std::vector<known_setting>& known_settings() {
  static const std::vector<known_setting> all = make_all();
  return all;
}

}  // namespace sluice::apps
