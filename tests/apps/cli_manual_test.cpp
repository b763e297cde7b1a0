#include <algorithm>

#include <doctest/doctest.h>

#include "apps/cli_definition.hpp"
#include "tests/apps/cli_stage.hpp"

using namespace sluice;
using namespace sluice::cli;
using namespace sluice::cli::testing;

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string roff_name(std::string_view name) {
  std::string out;
  for (const char letter : name) { out += letter == '-' ? "\\-" : std::string(1, letter); }
  return out;
}

std::vector<std::string> split(std::string_view words) {
  std::vector<std::string> out(1);
  for (const char letter : words) {
    if (letter == ' ') {
      out.emplace_back();
    } else {
      out.back() += letter;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("every verb, argument and option is in the manual page") {
  const std::string page = manual_page();
  CHECK(page.starts_with(".TH SLUICE 1 "));
  for (const verb& each : verbs()) {
    CAPTURE(each.words);
    const std::string words(each.words);
    CHECK((has(page, ".SS sluice " + words) || has(page, ".SS sluice \\-\\-node " + words)));
    for (const argument& word : each.arguments) { CHECK(has(page, word.help)); }
    for (const option& named : each.options) {
      CHECK(has(page, "\\fB" + roff_name(named.name) + "\\fR"));
    }
  }
  for (const option& named : global_options()) { CHECK(has(page, roff_name(named.name))); }
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 75}) {
    CHECK(has(page, ".B " + std::to_string(code) + "\n"));
  }
}

TEST_CASE("every verb and option is in the completion") {
  const std::string script = bash_completion();
  CHECK(script.ends_with("complete -F _sluice sluice\n"));
  for (const verb& each : verbs()) {
    CAPTURE(each.words);
    CHECK(has(script, "'" + std::string(each.words) + "'|"));
    for (const option& named : each.options) { CHECK(has(script, named.name)); }
  }
  for (const verb_group& group : verb_groups()) {
    CHECK(has(script, "'" + std::string(group.words) + "') words+="));
  }
}

TEST_CASE("--help explains every verb and group, also when the line is not finished") {
  for (const verb& each : verbs()) {
    CAPTURE(each.words);
    stage here;
    std::vector<std::string> words = split(each.words);
    words.emplace_back("--help");
    const outcome seen = here.run(words);
    CHECK(seen.code == 0);
    CHECK(seen.output.starts_with("Usage: " + usage_line(each) + "\n"));
    CHECK(has(seen.output, each.summary));
    CHECK(here.site.asked.empty());
  }
  for (const verb_group& group : verb_groups()) {
    std::vector<std::string> words = split(group.words);
    words.emplace_back("-h");
    CHECK(has(stage().run(words).output, group.summary));
  }
  const std::string all = stage().run({"--help"}).output;
  for (const verb& each : verbs()) { CHECK(has(all, each.words)); }
}

TEST_CASE("--version prints the version") {
  CHECK(stage().run({"--version"}).output == "sluice " + std::string(program_version()) + "\n");
  CHECK(stage().run({"--version", "--json"}).output ==
        "{\"status\":\"ok\",\"code\":0,\"items\":[{\"version\":\"" +
            std::string(program_version()) + "\"}]}\n");
}

TEST_CASE("every argument and option has a name, a help and no second meaning") {
  for (const verb& each : verbs()) {
    CAPTURE(each.words);
    CHECK((each.run != nullptr));
    CHECK(each.summary.ends_with('.'));
    for (const option& named : each.options) {
      CHECK(named.name.starts_with("--"));
      CHECK(!named.help.empty());
      CHECK(std::ranges::count(each.options, named.name, &option::name) == 1);
      CHECK(std::ranges::count(global_options(), named.name, &option::name) == 0);
    }
  }
}
