#include "model/manifest.hpp"

namespace sluice::model {

namespace {

/// Cuts the text before the first '/' off `rest`; all of it when there is none.
std::string_view next_component(std::string_view& rest) noexcept {
  const std::size_t slash = rest.find('/');
  const std::string_view component = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return component;
}

std::optional<std::string_view> component_fault(std::string_view path) noexcept {
  if (path.back() == '/') { return "ends in '/'"; }
  while (!path.empty()) {
    const std::string_view component = next_component(path);
    if (component.empty()) { return "has an empty component"; }
    if (component == ".") { return "has a '.' component"; }
    if (component == "..") { return "has a '..' component"; }
  }
  return std::nullopt;
}

std::size_t folders_above(std::string_view path) noexcept {
  std::size_t count = 0;
  for (const char letter : path) { count += letter == '/' ? 1 : 0; }
  return count;
}

bool is_text_of_a_path(std::string_view text) noexcept {
  return !text.empty() && text.size() <= limits::path_bytes_max &&
         text.find('\0') == std::string_view::npos && is_utf8(text);
}

}  // namespace

std::optional<std::string> path_fault(std::string_view path) {
  if (path.empty()) { return "the path is empty"; }
  if (path.size() > limits::path_bytes_max) {
    return format("a path of {} bytes is longer than {}", path.size(), limits::path_bytes_max);
  }
  const auto named = [path](std::string_view why) {
    return format("the path '{}' {}", escaped(path, 200), why);
  };
  if (path.find('\0') != std::string_view::npos) { return named("has a NUL byte"); }
  if (!is_utf8(path)) { return named("is not UTF-8"); }
  if (path.front() == '/') { return named("is absolute"); }
  if (const auto why = component_fault(path)) { return named(*why); }
  return std::nullopt;
}

bool link_stays_inside(std::string_view path, std::string_view target) {
  if (!is_text_of_a_path(target) || target.front() == '/') { return false; }
  std::size_t depth = folders_above(path);
  bool named = false;  // a component with a name has passed
  while (!target.empty()) {
    const std::string_view component = next_component(target);
    if (component.empty() || component == ".") { continue; }
    if (component != "..") {
      named = true;
    } else if (named || depth == 0) {
      return false;
    } else {
      --depth;
    }
  }
  return true;
}

}  // namespace sluice::model
