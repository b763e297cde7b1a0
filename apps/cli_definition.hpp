#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apps/cli_session.hpp"

namespace sluice::cli {

/// A word after the verb: "FOLDER".
struct argument {
  std::string_view name;
  std::string_view help;
  bool required = true;
};

/// "--name VALUE", or a flag when `value` is empty.
struct option {
  std::string_view name;
  std::string_view value;
  std::string_view help;
  enum class times { once, repeated, many_words } given = times::once;
  bool required = false;
  std::vector<std::string_view> choices = {};  ///< all accepted values, when there are few
};

/// Who answers a verb.
enum class asked { site, node, site_or_node, nobody };

struct verb {
  std::string_view words;  ///< "dp source add"
  std::string_view summary;
  asked who = asked::site;
  std::vector<argument> arguments;
  std::vector<option> options;
  result<answer> (*run)(session&) = nullptr;
};

/// A first word (or two) under which verbs stand.
struct verb_group {
  std::string_view words;
  std::string_view summary;
};

/// The one definition: parser, help, manual page and completion are made from it.
const std::vector<verb>& verbs();
const std::vector<verb_group>& verb_groups();
const std::vector<option>& global_options();
const verb* find_verb(std::string_view words);

/// What a command line asks for.
struct help_wanted {
  std::string words;  ///< of a verb or group; empty for all
};
struct version_wanted {};
struct usage_fault {
  std::string message;
  std::string words;  ///< as far as they were understood
};
using parsed = std::variant<invocation, help_wanted, version_wanted, usage_fault>;
parsed parse(const std::vector<std::string>& arguments);
/// What is wrong with the words before the first argument, if they are no verb; names near ones.
std::optional<usage_fault> wrong_verb(const std::vector<std::string>& arguments);

std::string usage_line(const verb& of);
std::string help_text(std::string_view words);
/// sluice(1), in man(7) macros.
std::string manual_page();
std::string bash_completion();
std::string_view program_version();

}  // namespace sluice::cli
