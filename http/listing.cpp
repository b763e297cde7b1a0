#include "http/listing.hpp"

#include "http/wire_path.hpp"

namespace sluice::http {

namespace {

std::string html_text(std::string_view text) {
  std::string escaped_text;
  for (const char letter : text) {
    switch (letter) {
      case '&': escaped_text += "&amp;"; break;
      case '<': escaped_text += "&lt;"; break;
      case '>': escaped_text += "&gt;"; break;
      case '"': escaped_text += "&quot;"; break;
      case '\'': escaped_text += "&#39;"; break;
      default: escaped_text += letter;
    }
  }
  return escaped_text;
}

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      quoted += format("\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      quoted += letter;
    }
  }
  return quoted + '"';
}

std::string_view kind_name(model::entry_kind kind) noexcept {
  switch (kind) {
    case model::entry_kind::file: return "file";
    case model::entry_kind::executable: return "executable";
    case model::entry_kind::folder: return "folder";
    case model::entry_kind::link: return "link";
  }
  return "file";
}

bool is_file(model::entry_kind kind) noexcept {
  return kind == model::entry_kind::file || kind == model::entry_kind::executable;
}

/// A segment of a link: also a name with a colon must not look like a scheme.
std::string reference(const listed_entry& entry) {
  std::string target = "./" + encode_path(entry.name);
  if (entry.kind == model::entry_kind::folder) { target += '/'; }
  return target;
}

}  // namespace

std::string print_html(const folder_listing& folder) {
  const std::string title = html_text(format("{}/{}", folder.content.text(), folder.path));
  std::string page = format(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{0}</title></head>\n"
      "<body><h1>{0}</h1>\n<table>\n",
      title);
  if (!folder.path.empty()) { page += "<tr><td><a href=\"../\">../</a></td><td></td></tr>\n"; }
  for (const listed_entry& entry : folder.entries) {
    std::string shown = html_text(entry.name);
    if (entry.kind == model::entry_kind::folder) { shown += '/'; }
    std::string about;
    if (is_file(entry.kind)) { about = format("{}", entry.size); }
    if (entry.kind == model::entry_kind::link) { about = "&rarr; " + html_text(entry.link_target); }
    page += format("<tr><td><a href=\"{}\">{}</a></td><td>{}</td></tr>\n", reference(entry), shown,
                   about);
  }
  page += "</table>\n";
  if (!folder.next.empty()) {
    page += format("<p><a href=\"?after={}\">more</a></p>\n", encode_path(folder.next));
  }
  return page + "</body></html>\n";
}

std::string print_json(const folder_listing& folder) {
  std::string text = format("{{\"content\":{},\"path\":{},\"entries\":[",
                            json_text(folder.content.text()), json_text(folder.path));
  bool first = true;
  for (const listed_entry& entry : folder.entries) {
    if (!first) { text += ','; }
    first = false;
    text += format("{{\"name\":{},\"kind\":\"{}\"", json_text(entry.name), kind_name(entry.kind));
    if (is_file(entry.kind)) { text += format(",\"size\":{}", entry.size); }
    if (entry.kind == model::entry_kind::link) {
      text += format(",\"target\":{}", json_text(entry.link_target));
    }
    text += '}';
  }
  return text + format("],\"next\":{}}}\n", folder.next.empty() ? "null" : json_text(folder.next));
}

}  // namespace sluice::http
