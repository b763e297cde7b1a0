#include "http/message_head.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace sluice::http {

namespace beast = boost::beast::http;

namespace {

char lower(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string text_of(boost::beast::string_view given) { return {given.data(), given.size()}; }

/// Where the head stands in raw bytes, before any parser sees it.
struct raw_head {
  head_state state = head_state::incomplete;
  std::size_t skipped = 0;  ///< one empty line before a request is forgiven (RFC 9112 2.2)
  std::size_t end = 0;      ///< after the empty line
  std::string why;
  int status = 400;
};

raw_head refused_head(std::string why, int status = 400) {
  return {head_state::refused, 0, 0, std::move(why), status};
}

raw_head find_head(std::string_view bytes, bool is_request) {
  raw_head found;
  if (is_request && bytes.starts_with("\r\n")) { found.skipped = 2; }
  std::size_t line = found.skipped;
  while (true) {
    const std::size_t feed = bytes.find('\n', line);
    if (feed == std::string_view::npos) { break; }
    if (feed == line || bytes[feed - 1] != '\r') {
      return refused_head("a line ends in a bare LF");
    }
    if (is_request && line == found.skipped && feed - line > limits::http_target_bytes_max + 32) {
      return refused_head("the target is too long", 414);
    }
    if (feed > limits::http_head_bytes_max) { break; }
    if (feed == line + 1) {
      if (line == found.skipped) { return refused_head("the first line is empty"); }
      found.state = head_state::complete;
      found.end = feed + 1;
      return found;
    }
    const char first = bytes[line];
    if (first == ' ' || first == '\t') { return refused_head("a line begins with a space"); }
    line = feed + 1;
  }
  if (bytes.size() > limits::http_head_bytes_max) {
    const bool endless_line = is_request && line == found.skipped;
    return endless_line ? refused_head("the target is too long", 414)
                        : refused_head("the head is too long", 431);
  }
  return found;
}

/// Origin form of a target; absolute form is reduced to it (RFC 9112 3.2.2). "" when it is neither.
std::string origin_form(std::string_view target) {
  if (target.starts_with('/')) { return std::string(target); }
  constexpr std::string_view scheme = "http://";
  if (target.size() < scheme.size() || !same_token(target.substr(0, scheme.size()), scheme)) {
    return {};
  }
  const std::size_t path = target.find('/', scheme.size());
  return path == std::string_view::npos ? "/" : std::string(target.substr(path));
}

bool plausible_host(std::string_view host) noexcept {
  return std::all_of(host.begin(), host.end(), [](char letter) {
    const bool word = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                      (letter >= 'A' && letter <= 'Z');
    return word || std::string_view("-._~:[]%").find(letter) != std::string_view::npos;
  });
}

/// Fields that may come at most once, and what else the parser lets through.
template <typename Message>
std::optional<refusal> judge_request(const Message& message) {
  using boost::beast::http::field;
  if (message.count(field::transfer_encoding) != 0) {
    return refusal{400, "a Transfer-Encoding is not accepted on a request"};
  }
  if (message.count(field::content_length) > 1) { return refusal{400, "two Content-Lengths"}; }
  if (message.count(field::host) > 1) { return refusal{400, "two Hosts"}; }
  if (message.count(field::host) == 0 && message.version() == 11) {
    return refusal{400, "the Host is missing"};
  }
  const auto host = message[field::host];
  if (!plausible_host({host.data(), host.size()})) {
    return refusal{400, "the Host is not a host"};
  }
  if (message.count(field::range) > 1 || message.count(field::if_range) > 1) {
    return refusal{400, "two Ranges"};
  }
  const bool pushes =
      message.method() == beast::verb::put && message.target().starts_with("/push/");
  if (message.method() != beast::verb::get && message.method() != beast::verb::head && !pushes) {
    return refusal{405, "only GET and HEAD are served here"};
  }
  const auto length = message[field::content_length];
  if (message.count(field::content_length) == 1 && length != "0") {
    return refusal{400, "a request carries no body here"};
  }
  return std::nullopt;
}

template <typename Message>
std::string joined(const Message& message, beast::field name) {
  std::string all;
  const auto range = message.equal_range(name);
  for (auto entry = range.first; entry != range.second; ++entry) {
    if (!all.empty()) { all += ", "; }
    all += text_of(entry->value());
  }
  return all;
}

request_method method_of(beast::verb given) noexcept {
  if (given == beast::verb::put) { return request_method::put; }
  return given == beast::verb::head ? request_method::head : request_method::get;
}

request_parse refused_request(int status, std::string why) {
  request_parse outcome;
  outcome.state = head_state::refused;
  outcome.why = {status, std::move(why)};
  return outcome;
}

response_parse refused_response(std::string why, bool bad_length = false) {
  response_parse outcome;
  outcome.state = head_state::refused;
  outcome.why = std::move(why);
  outcome.bad_length = bad_length;
  return outcome;
}

}  // namespace

bool is_of_distribution_point(std::string_view head) noexcept {
  constexpr std::string_view field = "\r\nuser-agent: sluice\r\n";
  const auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(head.begin(), head.end(), field.begin(), field.end(), same) != head.end();
}

bool same_token(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view without_spaces(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) { return {}; }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

request_parse parse_request_head(std::string_view bytes) {
  const raw_head raw = find_head(bytes, true);
  if (raw.state == head_state::refused) { return refused_request(raw.status, raw.why); }
  if (raw.state == head_state::incomplete) { return {}; }
  const std::string_view text = bytes.substr(raw.skipped, raw.end - raw.skipped);

  beast::request_parser<beast::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits::http_head_bytes_max + 4));
  boost::beast::error_code failure;
  const std::size_t used = parser.put(boost::asio::buffer(text.data(), text.size()), failure);
  if (failure == beast::error::bad_version) {
    return refused_request(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  if (failure || used != text.size() || !parser.is_header_done()) {
    return refused_request(
        400, "the head is malformed" + (failure ? ": " + failure.message() : std::string()));
  }
  const auto& message = parser.get();
  if (auto why = judge_request(message)) { return refused_request(why->status, why->why); }
  const auto target = message.target();
  if (target.size() > limits::http_target_bytes_max) {
    return refused_request(414, "the target is too long");
  }

  request_parse outcome;
  request_head& head = outcome.head;
  head.target = origin_form({target.data(), target.size()});
  if (head.target.empty()) { return refused_request(400, "the target is not a path"); }
  head.method = method_of(message.method());
  head.upgrade = text_of(message[beast::field::upgrade]);
  head.keep_alive = message.version() == 11 && message.keep_alive();
  head.range = text_of(message[beast::field::range]);
  head.if_range = text_of(message[beast::field::if_range]);
  head.if_none_match = joined(message, beast::field::if_none_match);
  head.accept = joined(message, beast::field::accept);
  head.bytes = bytes.substr(0, raw.end);
  outcome.state = head_state::complete;
  outcome.consumed = raw.end;
  return outcome;
}

response_parse parse_response_head(std::string_view bytes) {
  const raw_head raw = find_head(bytes, false);
  if (raw.state == head_state::refused) { return refused_response(raw.why); }
  if (raw.state == head_state::incomplete) { return {}; }

  beast::response_parser<beast::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits::http_head_bytes_max + 4));
  parser.body_limit(UINT64_MAX);  // none would refuse every length in this version
  boost::beast::error_code failure;
  const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), raw.end), failure);
  if (failure == beast::error::bad_content_length) {
    return refused_response("its Content-Length is not one number", true);
  }
  if (failure || used != raw.end || !parser.is_header_done()) {
    return refused_response("its head is malformed" +
                            (failure ? ": " + failure.message() : std::string()));
  }
  const auto& message = parser.get();
  for (const auto once : {beast::field::content_length, beast::field::content_range}) {
    if (message.count(once) > 1) {
      return refused_response("it has two " + text_of(beast::to_string(once)) + "s",
                              once == beast::field::content_length);
    }
  }
  const auto length = message[beast::field::content_length];
  if (length.find(',') != boost::beast::string_view::npos) {
    return refused_response("its Content-Length is a list", true);
  }

  response_parse outcome;
  response_head& head = outcome.head;
  head.status = static_cast<int>(message.result_int());
  head.reason = text_of(message.reason());
  head.keep_alive = message.version() == 11 && message.keep_alive();
  head.transfer_coded = message.count(beast::field::transfer_encoding) != 0;
  if (!length.empty() && parser.content_length()) {
    head.content_length = *parser.content_length();
  }
  head.content_encoding = joined(message, beast::field::content_encoding);
  head.content_range = text_of(message[beast::field::content_range]);
  head.content_type = text_of(message[beast::field::content_type]);
  head.entity_tag = text_of(message[beast::field::etag]);
  head.retry_after = text_of(message[beast::field::retry_after]);
  outcome.state = head_state::complete;
  outcome.consumed = raw.end;
  return outcome;
}

}  // namespace sluice::http
