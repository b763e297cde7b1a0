#include "http/content_target.hpp"

namespace sluice::http {

namespace {

refusal nothing_there() { return {404, "there is nothing of that name"}; }

/// Cuts the text before the first slash off `rest`; the slash goes too.
std::string_view cut_segment(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return segment;
}

result<model::content_id> content_of(std::string_view segment) {
  const auto decoded = percent_decoded(segment);
  if (!decoded) { return error{errc::invalid, 0, "read a content id"}; }
  return model::content_id::parse(*decoded);
}

bool read_query(std::string_view query, path_target& into) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    if (one == "json") { into.json = true; }
    if (one.starts_with("after=")) {
      const auto after = percent_decoded(one.substr(6));
      if (!after || !is_utf8(*after)) { return false; }
      into.after = *after;
    }
    if (end == std::string_view::npos) { break; }
    query.remove_prefix(end + 1);
  }
  return true;
}

content_target parse_path_target(std::string_view rest, std::string_view query) {
  const bool root_without_slash = rest.find('/') == std::string_view::npos;
  const std::string_view name = cut_segment(rest);
  if (const auto package = model::package_id::parse(name); package && !root_without_slash) {
    std::string_view after = rest;
    if (cut_segment(after) != "current") { return nothing_there(); }
    const std::string_view path = rest.substr(std::string_view("current").size());
    if (!parse_wire_path(after)) { return refusal{400, "the path is not acceptable"}; }
    path_target judged;
    if (!read_query(query, judged)) { return refusal{400, "the query is malformed"}; }
    std::string kept = path.empty() ? "/" : std::string(path);
    if (!query.empty()) { kept += format("?{}", query); }
    return current_target{*package, std::move(kept)};
  }
  const auto content = content_of(name);
  if (!content) { return nothing_there(); }
  const auto path = parse_wire_path(rest);
  if (!path) { return refusal{400, "the path is not acceptable"}; }
  path_target parsed{*content, *path, root_without_slash, false, {}};
  if (!read_query(query, parsed)) { return refusal{400, "the query is malformed"}; }
  return parsed;
}

content_target parse_file_target(std::string_view rest, bool pieces) {
  const auto content = content_of(cut_segment(rest));
  const auto file = model::file_id::parse(rest);
  if (!content || !file) { return nothing_there(); }
  return file_target_parts{*content, *file, pieces};
}

content_target parse_manifest_target(std::string_view rest) {
  constexpr std::string_view suffix = ".sig";
  const bool signature = rest.ends_with(suffix);
  if (signature) { rest.remove_suffix(suffix.size()); }
  const auto content = content_of(rest);
  if (!content) { return nothing_there(); }
  return manifest_target_parts{*content, signature};
}

}  // namespace

content_target parse_content_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  const std::string_view query =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  std::string_view rest = target.substr(0, mark);
  if (!rest.starts_with('/')) { return refusal{400, "the target is not a path"}; }
  rest.remove_prefix(1);
  const std::string_view surface = cut_segment(rest);
  if (surface == "content" && !rest.empty()) { return parse_path_target(rest, query); }
  if (surface == "file") { return parse_file_target(rest, false); }
  if (surface == "pieces") { return parse_file_target(rest, true); }
  if (surface == "manifest") { return parse_manifest_target(rest); }
  // Refused rather than not found: a climb must never look like a name that might exist.
  if (!parse_wire_path(target.substr(1, mark == std::string_view::npos ? mark : mark - 1))) {
    return refusal{400, "the path is not acceptable"};
  }
  return nothing_there();
}

}  // namespace sluice::http
