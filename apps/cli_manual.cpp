#include <algorithm>
#include <array>

#include "apps/cli_definition.hpp"
#include "apps/cli_verbs.hpp"

/// Help, manual page and completion: all made from the definition.
namespace sluice::cli {

namespace {

struct exit_row {
  exit_code code;
  std::string_view meaning;
};
constexpr std::array<exit_row, 11> exit_rows{{
    {exit_code::ok, "done"},
    {exit_code::failed, "failed; the sentence says why"},
    {exit_code::usage, "the command line or the request is wrong"},
    {exit_code::not_found, "no such package, distribution point, source or job"},
    {exit_code::denied, "this user may not do that"},
    {exit_code::conflict, "it contradicts what exists"},
    {exit_code::partial, "some targets got it, some did not"},
    {exit_code::timeout, "no answer, or no end, in time"},
    {exit_code::unreachable, "nobody answers at the socket"},
    {exit_code::integrity, "bytes do not match their digest or format"},
    {exit_code::try_later, "no space, or too much at once; try again later"},
}};

std::string shown(const argument& word) {
  return word.required ? std::string(word.name) : format("[{}]", word.name);
}

std::string shown(const option& named) {
  return named.value.empty() ? std::string(named.name) : format("{} {}", named.name, named.value);
}

std::string explained(const option& named) {
  std::string text(named.help);
  for (const std::string_view choice : named.choices) {
    text += format("{}{}", choice == named.choices.front() ? "; one of " : ", ", choice);
  }
  return text;
}

std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) { width = std::max(width, row.first.size()); }
  std::string out;
  for (const auto& row : rows) { out += format("  {:<{}}  {}\n", row.first, width, row.second); }
  return out;
}

std::string options_help(const std::vector<option>& options) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const option& named : options) { rows.emplace_back(shown(named), explained(named)); }
  return two_columns(rows);
}

std::string verb_help(const verb& of) {
  std::string out = format("Usage: {}\n\n{}\n", usage_line(of), of.summary);
  std::vector<std::pair<std::string, std::string>> words;
  for (const argument& word : of.arguments) { words.emplace_back(word.name, word.help); }
  if (!words.empty()) { out += "\n" + two_columns(words); }
  if (!of.options.empty()) { out += "\nOptions:\n" + options_help(of.options); }
  return out + "\nAlways:\n" + options_help(global_options());
}

std::string roff(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\\') {
      out += "\\e";
    } else if (letter == '-') {
      out += "\\-";
    } else {
      out += letter;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string roff_options(const std::vector<option>& options) {
  std::string out;
  for (const option& named : options) {
    out += format(".TP\n\\fB{}\\fR", roff(named.name));
    if (!named.value.empty()) { out += format(" \\fI{}\\fR", roff(named.value)); }
    out += format("\n{}\n", roff(explained(named)));
  }
  return out;
}

/// The distinct next words after `words` ("" or "dp"), for the completion.
std::string words_after(std::string_view words) {
  std::vector<std::string> found;
  const std::string before = words.empty() ? "" : std::string(words) + " ";
  for (const verb& each : verbs()) {
    if (!each.words.starts_with(before)) { continue; }
    const std::string_view rest = each.words.substr(before.size());
    std::string word(rest.substr(0, rest.find(' ')));
    if (std::ranges::find(found, word) == found.end()) { found.push_back(std::move(word)); }
  }
  std::string out;
  for (const std::string& word : found) { out += (out.empty() ? "" : " ") + word; }
  return out;
}

std::string names_of(const std::vector<option>& options) {
  std::string out;
  for (const option& named : options) { out += format("{}{}", out.empty() ? "" : " ", named.name); }
  return out;
}

/// "--socket|--id|...": options whose value is the word after them.
std::string options_with_value() {
  std::vector<std::string_view> found;
  const auto take = [&](const std::vector<option>& options) {
    for (const option& named : options) {
      if (!named.value.empty() && std::ranges::find(found, named.name) == found.end()) {
        found.push_back(named.name);
      }
    }
  };
  take(global_options());
  for (const verb& each : verbs()) { take(each.options); }
  std::string out;
  for (const std::string_view name : found) { out += format("{}{}", out.empty() ? "" : "|", name); }
  return out;
}

constexpr std::string_view completion_frame = R"(# bash completion of sluice(1)
_sluice() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} verb= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {values}) ((i++)) ;;
      -*) ;;
      *) verb+="${{verb:+ }}${{COMP_WORDS[i]}}" ;;
    esac
  done
  local words='{globals}'
  case $before in
    --mode) COMPREPLY=($(compgen -W 'pull standard' -- "$word")); return ;;
    --socket) COMPREPLY=($(compgen -f -- "$word")); return ;;
    {values}) COMPREPLY=(); return ;;
  esac
  case $verb in
{cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  case $verb in
    'package add') COMPREPLY+=($(compgen -d -- "$word")) ;;
  esac
}}
complete -F _sluice sluice
)";

}  // namespace

std::string usage_line(const verb& of) {
  std::string out = of.who == asked::node ? "sluice --node " : "sluice ";
  out += of.words;
  for (const argument& word : of.arguments) { out += " " + shown(word); }
  for (const option& named : of.options) {
    const std::string dots = named.given == option::times::many_words ? "..." : "";
    const std::string again = named.given == option::times::repeated ? "..." : "";
    const std::string text = shown(named) + dots;
    out += (named.required ? " " + text : " [" + text + "]") + again;
  }
  return out;
}

std::string help_text(std::string_view words) {
  if (const verb* one = find_verb(words)) { return verb_help(*one); }
  const std::string before = words.empty() ? "" : std::string(words) + " ";
  std::vector<std::pair<std::string, std::string>> rows;
  for (const verb& each : verbs()) {
    if (each.words.starts_with(before)) { rows.emplace_back(each.words, each.summary); }
  }
  std::string about = "Distributes packages from a site to its distribution points.";
  for (const verb_group& group : verb_groups()) {
    if (group.words == words) { about = group.summary; }
  }
  std::string out = format("Usage: sluice {}COMMAND\n\n{}\n\nCommands:\n", before, about);
  out += two_columns(rows) + "\nAlways:\n" + options_help(global_options());
  if (words.empty()) { out += "\nsluice COMMAND --help explains one; sluice man is the manual.\n"; }
  return out;
}

std::string manual_page() {
  std::string out = format(
      ".TH SLUICE 1 \"\" \"sluice {}\" \"User commands\"\n.SH NAME\nsluice \\- distributes "
      "packages "
      "from a site to its distribution points\n.SH SYNOPSIS\n.B sluice\n[\\fIOPTIONS\\fR] "
      "\\fICOMMAND\\fR ...\n.SH DESCRIPTION\nAsks the site server over its Unix socket or, with "
      "\\fB\\-\\-node\\fR, the node it runs on.\n.SH COMMANDS\n",
      roff(program_version()));
  for (const verb& each : verbs()) {
    out += format(".SS {}\n{}\n", roff(usage_line(each)), roff(each.summary));
    for (const argument& word : each.arguments) {
      out += format(".TP\n\\fI{}\\fR\n{}\n", roff(word.name), roff(word.help));
    }
    out += roff_options(each.options);
  }
  out += ".SH OPTIONS\n" + roff_options(global_options());
  out += ".SH EXIT STATUS\n";
  for (const exit_row& row : exit_rows) {
    out += format(".TP\n.B {}\n{}\n", static_cast<int>(row.code), roff(row.meaning));
  }
  return out + ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nwhen set and not empty: no colours\n";
}

std::string bash_completion() {
  std::string cases = format("    '') words+=' {}' ;;\n", words_after(""));
  for (const verb_group& group : verb_groups()) {
    cases += format("    '{}') words+=' {}' ;;\n", group.words, words_after(group.words));
  }
  for (const verb& each : verbs()) {
    const std::string more = each.words == "completion" ? "bash" : names_of(each.options);
    cases += format("    '{}'|'{} '*) words+=' {}' ;;\n", each.words, each.words, more);
  }
  return fmt::format(completion_frame, fmt::arg("values", options_with_value()),
                     fmt::arg("globals", names_of(global_options())), fmt::arg("cases", cases));
}

result<answer> completion(session& now) {
  if (now.call().one("SHELL") != "bash") {
    return error{errc::invalid, 0, "print the completion of that shell; sluice knows bash"};
  }
  const std::string text = bash_completion();
  return answer{exit_code::ok, {json_text("text", text)}, text, {}};
}

result<answer> manual(session&) {
  const std::string text = manual_page();
  return answer{exit_code::ok, {json_text("text", text)}, text, {}};
}

}  // namespace sluice::cli
