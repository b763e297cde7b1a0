#include <algorithm>
#include <numeric>

#include "apps/cli_definition.hpp"

namespace sluice::cli {

namespace {

constexpr std::size_t verbs_offered_max = 5;

/// Levenshtein: letters to add, to drop or to change.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i + 1;
    for (std::size_t k = 0; k < right.size(); ++k) {
      const std::size_t changed = corner + (left[i] == right[k] ? 0 : 1);
      corner = row[k + 1];
      row[k + 1] = std::min({changed, row[k] + 1, row[k + 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string_view> split(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    out.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return out;
}

bool is_meant(std::string_view typed, std::string_view word) {
  return distance(typed, word) <= (word.size() < 4 ? 0U : 1U + word.size() / 6);
}

/// How many of its words are meant, in any order.
std::size_t words_meant(std::string_view typed, std::string_view verb) {
  const auto all = split(typed);
  const auto words = split(verb);
  return static_cast<std::size_t>(std::ranges::count_if(words, [&](std::string_view word) {
    return std::ranges::any_of(all, [&](std::string_view one) { return is_meant(one, word); });
  }));
}

/// "sluice dp list, sluice group list"; the nearest first.
std::string near_verbs(std::string_view typed) {
  struct near {
    std::string_view words;
    std::size_t meant;
    std::size_t apart;
  };
  std::vector<near> found;
  for (const verb& each : verbs()) {
    const std::size_t meant = words_meant(typed, each.words);
    if (meant > 0) { found.push_back({each.words, meant, distance(typed, each.words)}); }
  }
  std::ranges::stable_sort(found, [](const near& left, const near& right) {
    return left.meant != right.meant ? left.meant > right.meant : left.apart < right.apart;
  });
  std::string out;
  for (std::size_t i = 0; i < std::min(found.size(), verbs_offered_max); ++i) {
    if (found[i].meant < found.front().meant) { break; }
    out += format("{}sluice {}", i == 0 ? "" : ", ", found[i].words);
  }
  return out;
}

bool takes_a_value(std::string_view name) {
  return std::ranges::any_of(global_options(), [&](const option& each) {
    return each.name == name && !each.value.empty();
  });
}

}  // namespace

std::optional<usage_fault> wrong_verb(const std::vector<std::string>& arguments) {
  std::string understood;
  std::string typed;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with('-')) {
      if (takes_a_value(word)) { ++i; }
      continue;
    }
    typed += (typed.empty() ? "" : " ") + word;
    if (find_verb(typed) != nullptr) { return std::nullopt; }
    if (std::ranges::find(verb_groups(), typed, &verb_group::words) != verb_groups().end()) {
      understood = typed;
      continue;
    }
    // The word after it may say what was meant: "add package".
    const bool more = i + 1 < arguments.size() && !arguments[i + 1].starts_with('-');
    const std::string near = near_verbs(more ? typed + " " + arguments[i + 1] : typed);
    return usage_fault{
        format("\"{}\" is no command{}{}", typed, near.empty() ? "" : "; near it: ", near),
        understood};
  }
  return std::nullopt;
}

}  // namespace sluice::cli
