#include "apps/configuration.hpp"

#include <algorithm>
#include <charconv>

#include "apps/known_settings.hpp"

namespace sluice::apps {

namespace {

constexpr std::string_view sections_known =
    "[node], [site], [distribution_point], [software_distribution], "
    "[software_distribution.pull_distribution_point] and its "
    "groups [... .retry_settings], [... .status_polling_settings]";

bool is_of_the_site(std::string_view section) {
  const auto& all = known_settings();
  return section.starts_with("software_distribution") &&
         std::ranges::find(all, section, &known_setting::section) != all.end();
}

bool has_section(const configuration& all, std::string_view section) {
  if (section == "site" || is_of_the_site(section)) { return all.site.has_value(); }
  if (section == "distribution_point") { return all.distribution_point.has_value(); }
  return section == "node";
}

void put_defaults(site_settings& site) {
  const model::distribution_settings given;
  site.push.number_of_packages.value = given.push_packages;
  site.push.threads_per_package.value = given.push_threads;
  pull_distribution_settings& into = site.pull;
  into.number_of_retries.value = given.retry.number;
  into.retry_delay.value = given.retry.delay;
  into.number_of_polls.value = given.polling.number;
  into.polling_delay.value = given.polling.delay;
  into.content_availability_check.value = given.content_availability_check;
  into.active_jobs.value = given.active_jobs;
  into.source_protocols.value = given.source_protocols;
}

configuration defaults(const toml_document& document, std::string_view host_name) {
  configuration made;
  made.node.name.value = host_name;
  made.node.state.value = "/var/lib/sluice";
  made.node.node_socket.value = "/run/sluice/node.sock";
  made.node.observation.value = network_address{"127.0.0.1", 8602};
  for (const toml_section& section : document.sections) {
    if (section.name == "site") {
      made.site.emplace();
      made.site->listen.value = {"127.0.0.1", 8601};
      made.site->admin_socket.value = "/run/sluice/admin.sock";
      put_defaults(*made.site);
    } else if (section.name == "distribution_point") {
      made.distribution_point.emplace();
      made.distribution_point->listen.value = {"0.0.0.0", 8600};
      made.distribution_point->control.value = {"127.0.0.1", 8603};
    }
  }
  return made;
}

std::string keys_of(std::string_view section) {
  std::string keys;
  for (const known_setting& known : known_settings()) {
    if (known.section == section) { keys += format("{}{}", keys.empty() ? "" : ", ", known.key); }
  }
  return keys;
}

std::string shown(const toml_setting& given) {
  struct visitor {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return format("{}", value); }
    std::string operator()(const std::string& value) const {
      return "\"" + escaped(value, 200) + "\"";
    }
    std::string operator()(const toml_list& value) const {
      std::string out;
      for (const std::string& item : value.items) {
        out += (out.empty() ? "\"" : ", \"") + escaped(item, 200) + "\"";
      }
      return "[" + out + "]";
    }
    std::string operator()(const toml_other& value) const {
      return "a value of type " + value.type;
    }
  };
  return std::visit(visitor{}, given.value);
}

std::string unknown_key(const toml_setting& given) {
  if (given.section.empty()) {
    return format("unknown setting {} outside any section; accepted sections: {}",
                  escaped(given.key), sections_known);
  }
  if (given.section == "distribution_point" && given.key == "mode") {
    return "mode is not set here but at the site, with: sluice dp set NAME --mode pull --source "
           "NAME:PRIORITY; the site server's own distribution point cannot be pull";
  }
  return format("unknown setting [{}] {}; accepted: {}", given.section, escaped(given.key),
                keys_of(given.section));
}

/// Reads the file's values over the defaults.
class reader {
public:
  reader(toml_document document, std::string path, std::string_view host_name)
      : document_(std::move(document)), path_(std::move(path)) {
    made_.faults = document_.faults;
    made_.settings = defaults(document_, host_name);
  }

  configuration_outcome read() && {
    if (!made_.faults.empty()) { return std::move(made_); }
    for (const toml_section& section : document_.sections) {
      if (has_section(made_.settings, section.name)) { continue; }
      fault(section.place,
            is_of_the_site(section.name)
                ? format("[{}] is for a site server, and this file has no section [site]",
                         section.name)
                : format("unknown section [{}]; accepted: {}", escaped(section.name),
                         sections_known));
    }
    for (const toml_setting& given : document_.settings) { take(given); }
    check_required();
    check_together();
    std::ranges::stable_sort(made_.faults, {}, &configuration_fault::place);
    return std::move(made_);
  }

private:
  void fault(text_place at, std::string message) {
    made_.faults.push_back({path_, at, std::move(message)});
  }

  void take(const toml_setting& given) {
    if (!given.section.empty() && !has_section(made_.settings, given.section)) { return; }
    const auto known = std::ranges::find_if(known_settings(), [&](const known_setting& row) {
      return row.section == given.section && row.key == given.key;
    });
    if (known == known_settings().end()) {
      fault(given.key_place, unknown_key(given));
    } else if (!known->read(given, {path_, given.value_place.line}, made_.settings)) {
      fault(given.value_place, format("[{}] {}: {} is not accepted; accepted: {}", given.section,
                                      given.key, shown(given), known->accepted));
    }
  }

  [[nodiscard]] const toml_setting* find(std::string_view section, std::string_view key) const {
    const auto found = std::ranges::find_if(document_.settings, [&](const toml_setting& given) {
      return given.section == section && given.key == key;
    });
    return found == document_.settings.end() ? nullptr : &*found;
  }

  [[nodiscard]] text_place place_of(std::string_view section) const {
    const auto found = std::ranges::find(document_.sections, section, &toml_section::name);
    return found == document_.sections.end() ? text_place{1, 1} : found->place;
  }

  void require(std::string_view section, std::string_view key, std::string_view because) {
    if (find(section, key) != nullptr) { return; }
    const auto known = std::ranges::find_if(known_settings(), [&](const known_setting& row) {
      return row.section == section && row.key == key;
    });
    fault(place_of(section),
          format("[{}] needs {}{}; accepted: {}", section, key, because, known->accepted));
  }

  void check_required() {
    const configuration& all = made_.settings;
    if (!all.site && !all.distribution_point) {
      fault({1, 1}, "this node has no role; add a section [site] or [distribution_point]");
    }
    if (all.site) {
      require("site", "code", "");
      require("site", "source_roots", "");
    } else if (all.distribution_point) {
      require("distribution_point", "site", ", as this node is not the site server");
    }
  }

  void check_together() {
    configuration& all = made_.settings;
    if (all.node.library.value.empty()) {
      all.node.library.value = all.node.state.value + "/library";
    }
    const toml_setting* site = find("distribution_point", "site");
    if (all.site && all.distribution_point && site != nullptr) {
      fault(site->key_place,
            "[distribution_point] site: the site server's own distribution point belongs to its "
            "own site; remove this line");
    }
    check_contact();
    if (all.site && all.site->admin_socket.value == all.node.node_socket.value) {
      fault(place_of("site"), format("[site] admin_socket and [node] node_socket are both {}; give "
                                     "them different paths",
                                     escaped(all.node.node_socket.value)));
    }
  }

  void check_contact() {
    const auto& point = made_.settings.distribution_point;
    const toml_setting* contact = find("distribution_point", "contact");
    if (!point || contact == nullptr || point->contact.value != contact_way::outbound) { return; }
    if (made_.settings.site) {
      fault(contact->key_place,
            "[distribution_point] contact: the site server's own distribution point needs no "
            "connection for its commands; remove this line");
    } else if (const toml_setting* control = find("distribution_point", "control")) {
      fault(control->key_place,
            "[distribution_point] control: with contact = \"outbound\" no control port is opened; "
            "remove this line, or the other");
    }
  }

  toml_document document_;
  std::string path_;
  configuration_outcome made_;
};

}  // namespace

model::distribution_settings distribution_settings_of(const site_settings& site) {
  model::distribution_settings made;
  made.retry = {site.pull.number_of_retries.value, site.pull.retry_delay.value};
  made.polling = {site.pull.number_of_polls.value, site.pull.polling_delay.value};
  made.content_availability_check = site.pull.content_availability_check.value;
  made.active_jobs = site.pull.active_jobs.value;
  made.source_protocols = site.pull.source_protocols.value;
  made.push_packages = site.push.number_of_packages.value;
  made.push_threads = site.push.threads_per_package.value;
  return made;
}

std::string describe(const setting_origin& origin) {
  return origin.path.empty() ? "default" : format("{}:{}", escaped(origin.path), origin.line);
}

std::string network_address::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return format("{}{}{}:{}", brackets ? "[" : "", host, brackets ? "]" : "", port);
}

bool network_address::loopback() const noexcept {
  if (host == "localhost" || host == "::1") { return true; }
  return host.starts_with("127.") &&
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::optional<network_address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) { return std::nullopt; }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  network_address made;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) {
    return std::nullopt;
  }
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  const bool plain = std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':' || c == '%';
  });
  if (host.empty() || host.size() > 255 || !plain) { return std::nullopt; }
  made.host = host;
  return made;
}

configuration_outcome read_configuration(std::string_view text, const std::string& path,
                                         std::string_view host_name) {
  return reader(read_toml(text, path), path, host_name).read();
}

std::string print_configuration(const configuration& settings) {
  std::string out;
  std::string_view section;
  for (const known_setting& known : known_settings()) {
    if (!has_section(settings, known.section)) { continue; }
    if (section != known.section) {
      out += format("{}[{}]\n", out.empty() ? "" : "\n", known.section);
      section = known.section;
    }
    const std::string value = known.print(settings);
    const std::string line = value.empty() && known.key == "observation"
                                 ? format("{} = \"\"", known.key)
                             : value.empty() ? format("# {} is not set", known.key)
                                             : format("{} = {}", known.key, value);
    out += format("{:<48}  # {}\n", line, describe(known.origin(settings)));
  }
  return out;
}

namespace {

template <typename Wanted>
std::vector<model::setting_row> shown(const configuration& settings, std::string_view layer,
                                      Wanted wanted) {
  std::vector<model::setting_row> rows;
  for (const known_setting& known : known_settings()) {
    if (!wanted(known) || !has_section(settings, known.section)) { continue; }
    const setting_origin& origin = known.origin(settings);
    std::string value = known.print(settings);
    rows.push_back({format("{}.{}", known.section, known.key),
                    value.empty() ? "not set" : std::move(value),
                    origin.path.empty() ? "default" : format("{}, {}", layer, describe(origin))});
  }
  return rows;
}

}  // namespace

std::vector<model::setting_row> shown_site_settings(const configuration& settings) {
  return shown(settings, "site",
               [](const known_setting& known) { return is_of_the_site(known.section); });
}

std::vector<model::setting_row> shown_host_settings(const configuration& settings) {
  return shown(settings, "host", [](const known_setting& known) {
    return known.section == "distribution_point" || known.key == "trash_hours" ||
           known.key == "superseded_content_hours";
  });
}

configuration_change compare(const configuration& now, const configuration& then) {
  configuration_change made;
  for (const std::string_view section : {"site", "distribution_point"}) {
    if (has_section(now, section) != has_section(then, section)) {
      made.kept.push_back(format("[{}]", section));
    }
  }
  for (const known_setting& known : known_settings()) {
    if (!has_section(now, known.section) || !has_section(then, known.section)) { continue; }
    if (known.print(now) == known.print(then)) { continue; }
    (known.reloadable ? made.applied : made.kept)
        .push_back(format("[{}] {}", known.section, known.key));
  }
  return made;
}

configuration apply_reload(configuration now, const configuration& then) {
  for (const known_setting& known : known_settings()) {
    if (known.reloadable && has_section(now, known.section) && has_section(then, known.section)) {
      known.copy(now, then);
    }
  }
  return now;
}

}  // namespace sluice::apps
