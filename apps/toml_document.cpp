#include "apps/toml_document.hpp"

#include <algorithm>
#include <sstream>

#include <toml++/toml.h>

namespace sluice::apps {

namespace {

text_place place_of(const toml::source_position& at) { return {at.line, at.column}; }

std::string type_of(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

toml_setting read_setting(std::string_view section, const toml::key& key, const toml::node& node) {
  toml_setting made;
  made.section = section;
  made.key = std::string(key.str());
  made.key_place = place_of(key.source().begin);
  made.value_place = place_of(node.source().begin);
  if (const auto* text = node.as_string()) {
    made.value = text->get();
  } else if (const auto* truth = node.as_boolean()) {
    made.value = truth->get();
  } else if (const auto* number = node.as_integer()) {
    made.value = number->get();
  } else if (const auto* array = node.as_array(); array != nullptr) {
    toml_list list;
    for (const toml::node& item : *array) {
      if (const auto* entry = item.as_string()) {
        list.items.push_back(entry->get());
      } else {
        made.value = toml_other{"array with a value of type " + type_of(item)};
        return made;
      }
    }
    made.value = std::move(list);
  } else {
    made.value = toml_other{type_of(node)};
  }
  return made;
}

/// A table within a table is a section of its own, "outer.inner"; one that holds nothing else is
/// only a part of their names.
void read_section(toml_document& into, const std::string& name, text_place at,
                  const toml::table& table) {
  bool only_a_name = !table.empty();
  for (const auto& [key, node] : table) {
    if (const auto* inner = node.as_table()) {
      read_section(into, format("{}.{}", name, key.str()), place_of(key.source().begin), *inner);
    } else {
      only_a_name = false;
      into.settings.push_back(read_setting(name, key, node));
    }
  }
  if (!only_a_name) { into.sections.push_back({name, at}); }
}

}  // namespace

std::string describe(const configuration_fault& fault) {
  return format("{}:{}:{}: {}", escaped(fault.path), fault.place.line, fault.place.column,
                fault.message);
}

toml_document read_toml(std::string_view text, const std::string& path) {
  toml_document made;
  try {
    const toml::table root = toml::parse(text, path);
    for (const auto& [key, node] : root) {
      if (const auto* table = node.as_table()) {
        read_section(made, std::string(key.str()), place_of(key.source().begin), *table);
      } else {
        made.settings.push_back(read_setting("", key, node));
      }
    }
  } catch (const toml::parse_error& failure) {
    made.faults.push_back({path, place_of(failure.source().begin),
                           "this is not TOML: " + escaped(failure.description())});
  }
  std::ranges::sort(made.sections, {}, &toml_section::place);
  std::ranges::sort(made.settings, {}, &toml_setting::key_place);
  return made;
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    const auto value = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (value < 0x20 || value == 0x7F) {
      out += format("\\u{:04X}", static_cast<unsigned>(value));
    } else {
      out += letter;
    }
  }
  return out + '"';
}

}  // namespace sluice::apps
