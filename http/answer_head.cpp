#include "http/answer_head.hpp"

#include "base/base.hpp"

namespace sluice::http {

std::string_view status_line(int status) noexcept {
  switch (status) {
    case 200: return "200 OK";
    case 206: return "206 Partial Content";
    case 301: return "301 Moved Permanently";
    case 302: return "302 Found";
    case 304: return "304 Not Modified";
    case 400: return "400 Bad Request";
    case 403: return "403 Forbidden";
    case 404: return "404 Not Found";
    case 405: return "405 Method Not Allowed";
    case 408: return "408 Request Timeout";
    case 414: return "414 URI Too Long";
    case 416: return "416 Range Not Satisfiable";
    case 431: return "431 Request Header Fields Too Large";
    case 503: return "503 Service Unavailable";
    case 505: return "505 HTTP Version Not Supported";
    default: return "500 Internal Server Error";
  }
}

std::string print_answer_head(const answer_head& head) {
  std::string text = format("HTTP/1.1 {}\r\nServer: sluice\r\n", status_line(head.status));
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (!value.empty()) { text += format("{}: {}\r\n", name, value); }
  };
  if (head.status != 304) { text += format("Content-Length: {}\r\n", head.content_length); }
  add("Content-Type", head.content_type);
  add("ETag", head.entity_tag);
  add("Content-Range", head.content_range);
  add("Location", head.location);
  if (head.accepts_ranges) { text += "Accept-Ranges: bytes\r\n"; }
  if (head.status == 405) { text += "Allow: GET, HEAD\r\n"; }
  if (head.status == 503) { text += "Retry-After: 5\r\n"; }
  if (!head.content_type.empty()) { text += "X-Content-Type-Options: nosniff\r\n"; }
  text += head.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return text;
}

}  // namespace sluice::http
