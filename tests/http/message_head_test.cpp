#include "http/message_head.hpp"

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::http;

namespace {

const std::string host = "Host: dp\r\n";

request_parse parsed(const std::string& line, const std::string& fields = host) {
  return parse_request_head(line + "\r\n" + fields + "\r\n");
}

int refused_with(const std::string& line, const std::string& fields = host) {
  const request_parse outcome = parsed(line, fields);
  REQUIRE(outcome.state == head_state::refused);
  CHECK(!outcome.why.why.empty());
  return outcome.why.status;
}

response_parse answered(const std::string& fields, const std::string& line = "HTTP/1.1 200 OK") {
  return parse_response_head(line + "\r\n" + fields + "\r\n");
}

}  // namespace

TEST_CASE("a plain request gives its parts, and says how long it was") {
  const std::string text =
      "GET /content/PKG00012.3/a HTTP/1.1\r\nHost: dp:80\r\nrange: bytes=0-1\r\n"
      "IF-RANGE: \"a\"\r\nIf-None-Match: \"b\"\r\nIf-None-Match: \"c\"\r\nAccept: x/y\r\n\r\n";
  const request_parse outcome = parse_request_head(text + "GET /next");
  REQUIRE(outcome.state == head_state::complete);
  CHECK(outcome.consumed == text.size());
  CHECK(outcome.head.method == request_method::get);
  CHECK(outcome.head.target == "/content/PKG00012.3/a");
  CHECK(outcome.head.keep_alive);
  CHECK(outcome.head.range == "bytes=0-1");
  CHECK(outcome.head.if_range == "\"a\"");
  CHECK(outcome.head.if_none_match == "\"b\", \"c\"");
  CHECK(outcome.head.accept == "x/y");
}

TEST_CASE("a head is incomplete at every cut, and complete at its end only") {
  const std::string text = "HEAD /a HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    CHECK(parse_request_head(text.substr(0, cut)).state == head_state::incomplete);
  }
  CHECK(parse_request_head(text).state == head_state::complete);
  CHECK(parse_request_head("\r\n" + text).consumed == text.size() + 2);
}

TEST_CASE("HTTP/1.0 is answered without keep-alive, and may leave the Host out") {
  const auto outcome = parsed("GET / HTTP/1.0", "Connection: keep-alive\r\n");
  REQUIRE(outcome.state == head_state::complete);
  CHECK(!outcome.head.keep_alive);
  CHECK(!parsed("GET / HTTP/1.1", host + "Connection: close\r\n").head.keep_alive);
}

TEST_CASE("the absolute form of a target is reduced to its path") {
  CHECK(parsed("GET http://dp:80/a?b HTTP/1.1").head.target == "/a?b");
  CHECK(parsed("GET HTTP://dp HTTP/1.1").head.target == "/");
  CHECK(refused_with("GET dp:80 HTTP/1.1") == 400);
  CHECK(refused_with("GET * HTTP/1.1") == 400);
}

TEST_CASE("what the parser alone would let through is refused") {
  CHECK(refused_with("GET / HTTP/1.1", host + "A: b\r\n folded\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", " X: y\r\n" + host) == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Content-Length: 0\r\nContent-Length: 0\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Content-Length: 0, 0\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Transfer-Encoding: xchunked\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Transfer-Encoding: chunked, identity\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Transfer-Encoding: chunked\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", "") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + host) == 400);
  CHECK(refused_with("GET / HTTP/1.1", "Host: a b\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", "Host: a/../b\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Range: bytes=0-\r\nRange: bytes=1-\r\n") == 400);
}

TEST_CASE("malformed heads are refused") {
  CHECK(refused_with("GET / HTTP/1.1", host + "A b: c\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "A : c\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + std::string("A: b\0c\r\n", 8)) == 400);
  CHECK(refused_with("GET /a b HTTP/1.1") >= 400);
  CHECK(refused_with("GET  / HTTP/1.1") == 400);
  CHECK(refused_with("\x16\x03\x01\x02") == 400);
  CHECK(refused_with("GET / HTTP/2.0") == 505);
  CHECK(refused_with("GET / HTTP/1.2") == 505);
  CHECK(parse_request_head("GET / HTTP/1.1\n").state == head_state::refused);
  CHECK(parse_request_head("\r\n\r\n").state == head_state::refused);
}

TEST_CASE("only GET and HEAD are known, and neither has a body") {
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "get"}) {
    CHECK(refused_with(std::string(method) + " / HTTP/1.1") == 405);
  }
  CHECK(parsed("GET / HTTP/1.1", host + "Content-Length: 0\r\n").state == head_state::complete);
  CHECK(refused_with("GET / HTTP/1.1", host + "Content-Length: 5\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Content-Length: -1\r\n") == 400);
  CHECK(refused_with("GET / HTTP/1.1", host + "Content-Length: 99999999999999999999\r\n") == 400);
}

TEST_CASE("targets and heads have an end") {
  CHECK(parsed("GET /" + std::string(16 * 1024 - 1, 'a') + " HTTP/1.1").state ==
        head_state::complete);
  CHECK(refused_with("GET /" + std::string(16 * 1024, 'a') + " HTTP/1.1") == 414);
  CHECK(parse_request_head("GET /" + std::string(33 * 1024, 'a')).why.status == 414);
  std::string fields = host;
  while (fields.size() <= 33 * 1024) { fields += "A: " + std::string(100, 'b') + "\r\n"; }
  CHECK(refused_with("GET / HTTP/1.1", fields) == 431);
  CHECK(parse_request_head("GET / HTTP/1.1\r\n" + fields).why.status == 431);
}

TEST_CASE("an answer gives its parts") {
  const auto outcome = answered(
      "Content-Length: 5\r\nContent-Range: bytes 0-4/9\r\nETag: \"e\"\r\nRetry-After: 7\r\n"
      "Content-Type: a/b\r\nContent-Encoding: gzip\r\n",
      "HTTP/1.1 206 Partial Content");
  REQUIRE_MESSAGE(outcome.state == head_state::complete, outcome.why);
  CHECK(outcome.head.status == 206);
  CHECK(outcome.head.content_length == std::uint64_t{5});
  CHECK(outcome.head.content_range == "bytes 0-4/9");
  CHECK(outcome.head.entity_tag == "\"e\"");
  CHECK(outcome.head.retry_after == "7");
  CHECK(outcome.head.content_type == "a/b");
  CHECK(outcome.head.content_encoding == "gzip");
  CHECK(outcome.head.keep_alive);
  CHECK(!outcome.head.transfer_coded);
}

TEST_CASE("an answer without a length, or with a transfer coding, says so") {
  CHECK(!answered("").head.content_length);
  const auto chunked = answered("Transfer-Encoding: chunked\r\n");
  CHECK(chunked.state == head_state::complete);
  CHECK(chunked.head.transfer_coded);
}

TEST_CASE("an answer whose length cannot be trusted is refused") {
  for (const char* const value : {"-1", "18446744073709551616", "1e3", "", "5 5", "0x5", "5, 5"}) {
    const auto outcome = answered(std::string("Content-Length: ") + value + "\r\n");
    CHECK_MESSAGE(outcome.state == head_state::refused, value);
    CHECK_MESSAGE(outcome.bad_length, value, ": ", outcome.why);
  }
  CHECK(answered("Content-Length: 5\r\nContent-Length: 5\r\n").state == head_state::refused);
  CHECK(answered("Content-Length: 5\r\nContent-Length: 6\r\n").state == head_state::refused);
}

TEST_CASE("an answer that is not HTTP is refused") {
  CHECK(answered("", "SSH-2.0-OpenSSH_9.2").state == head_state::refused);
  CHECK(answered("", "HTTP/1.1 2000 OK").state == head_state::refused);
  CHECK(parse_response_head(std::string(40 * 1024, 'x')).state == head_state::refused);
}
