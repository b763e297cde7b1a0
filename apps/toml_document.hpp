#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/base.hpp"

namespace sluice::apps {

/// A place in a configuration file; lines and columns count from 1.
struct text_place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  auto operator<=>(const text_place&) const = default;
};

/// A fault of a configuration file.
struct configuration_fault {
  std::string path;
  text_place place;
  std::string message;
};
/// "/etc/sluice/sluiced.toml:3:9: [site] code: ...".
std::string describe(const configuration_fault& fault);

struct toml_list {
  std::vector<std::string> items;
};
/// A value that no setting takes; the name of its TOML type: "float", "date".
struct toml_other {
  std::string type;
};

/// One `key = value` line of a section, at the place of its value.
struct toml_setting {
  std::string section;
  std::string key;
  std::variant<bool, std::int64_t, std::string, toml_list, toml_other> value;
  text_place key_place;
  text_place value_place;
};
struct toml_section {
  std::string name;
  text_place place;
};

/// A TOML text (v1.0) as sections of plain settings; a section within another is called
/// "outer.inner". Keys outside any section have the section "".
struct toml_document {
  std::vector<toml_section> sections;
  std::vector<toml_setting> settings;
  std::vector<configuration_fault> faults;  ///< not TOML at all
};
toml_document read_toml(std::string_view text, const std::string& path);

/// `text` as a TOML basic string, quotes included.
std::string toml_quoted(std::string_view text);

}  // namespace sluice::apps
