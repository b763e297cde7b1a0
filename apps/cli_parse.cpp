#include <algorithm>
#include <deque>

#include <CLI/CLI.hpp>

#include "apps/cli_definition.hpp"

namespace sluice::cli {

namespace {

/// Where CLI11 puts what it finds for one verb; addresses must not move.
struct verb_slots {
  const cli::verb* verb = nullptr;
  CLI::App* parser = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, bool, std::less<>> flags;
};

/// CLI11 set up from the definition.
class command_line {
public:
  command_line() {
    top_.fallthrough();
    top_.require_subcommand(1);
    top_.set_help_flag("-h,--help");
    top_.set_version_flag("--version", std::string(program_version()));
    for (const option& each : global_options()) {
      if (each.name != "--help" && each.name != "--version") { add(top_, each, globals_); }
    }
    for (const verb_group& group : verb_groups()) { add_words(group.words).require_subcommand(1); }
    for (const verb& each : verbs()) {
      verb_slots& slots = slots_.emplace_back();
      slots.verb = &each;
      slots.parser = &add_words(each.words);
      for (const argument& word : each.arguments) {
        slots.parser->add_option(std::string(word.name), slots.values[std::string(word.name)])
            ->expected(1)
            ->allow_extra_args(false)
            ->required(word.required);
      }
      for (const option& named : each.options) { add(*slots.parser, named, slots); }
    }
  }

  parsed parse(const std::vector<std::string>& arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      top_.parse(reversed);
    } catch (const CLI::CallForHelp&) {
      return help_wanted{words_of(deepest())};
    } catch (const CLI::CallForVersion&) {
      return version_wanted{};
    } catch (const CLI::ParseError& failure) {
      return usage_fault{failure.what(), words_of(deepest())};
    }
    return checked();
  }

private:
  static void add(CLI::App& to, const option& each, verb_slots& slots) {
    const std::string name(each.name);
    if (each.value.empty()) {
      to.add_flag(name, slots.flags[name]);
      return;
    }
    CLI::Option* made = to.add_option(name, slots.values[name])->required(each.required);
    switch (each.given) {
      case option::times::once: made->expected(1)->allow_extra_args(false); break;
      case option::times::repeated: made->allow_extra_args(false); break;
      case option::times::many_words: break;
    }
    if (!each.choices.empty()) {
      made->check(
          CLI::IsMember(std::vector<std::string>(each.choices.begin(), each.choices.end())));
    }
  }

  /// The parser of "dp source add", made word by word.
  CLI::App& add_words(std::string_view words) {
    CLI::App* at = &top_;
    while (!words.empty()) {
      const std::string word(words.substr(0, words.find(' ')));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      const auto known = at->get_subcommands([&](CLI::App* it) { return it->get_name() == word; });
      at = known.empty() ? at->add_subcommand(word) : known.front();
    }
    return *at;
  }

  CLI::App& deepest() {
    CLI::App* at = &top_;
    while (!at->get_subcommands().empty()) { at = at->get_subcommands().front(); }
    return *at;
  }

  std::string words_of(const CLI::App& parser) const {
    std::string words;
    for (const CLI::App* at = &parser; at != &top_; at = at->get_parent()) {
      words = at->get_name() + (words.empty() ? "" : " ") + words;
    }
    return words;
  }

  static void copy(const verb_slots& from, invocation& into) {
    for (const auto& [name, values] : from.values) {
      if (!values.empty()) { into.values[name] = values; }
    }
    for (const auto& [name, given] : from.flags) {
      if (given) { into.flags.insert(name); }
    }
  }

  parsed checked() {
    invocation made;
    const CLI::App& last = deepest();
    const auto found = std::ranges::find(slots_, &last, &verb_slots::parser);
    SLUICE_CHECK(found != slots_.end());
    made.verb = found->verb;
    copy(*found, made);
    copy(globals_, made);
    const std::string words(made.verb->words);
    if (made.has("--node") && made.verb->who == asked::site) {
      return usage_fault{format("{} is asked of the site; leave out --node", words), words};
    }
    if (!made.has("--node") && made.verb->who == asked::node) {
      return usage_fault{format("{} is asked of a node: sluice --node {}", words, words), words};
    }
    return made;
  }

  CLI::App top_{"", "sluice"};
  std::deque<verb_slots> slots_;
  verb_slots globals_;
};

}  // namespace

parsed parse(const std::vector<std::string>& arguments) {
  if (auto fault = wrong_verb(arguments)) { return std::move(*fault); }
  return command_line().parse(arguments);
}

}  // namespace sluice::cli
