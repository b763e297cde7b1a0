// The matrix of lying and failing sources (features X), row by row, against a canned source: no
// wrong byte is accepted, the fault is named, and the client goes on.
#include <doctest/doctest.h>

#include "http/response_judge.hpp"
#include "tests/http/canned_source.hpp"
#include "tests/http/fetching_client.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace sluice::http::test;
using namespace std::chrono_literals;
using then = canned_answer::then;

namespace {

constexpr std::uint64_t mib = limits::mib;
const std::string content = patterned(3 * mib + 500, 5);

std::string head(const std::string& status, const std::string& fields) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n";
}

std::string partial(std::uint64_t first, std::uint64_t last, std::uint64_t total,
                    std::uint64_t length) {
  return head("206 Partial Content", "Content-Range: bytes " + std::to_string(first) + "-" +
                                         std::to_string(last) + "/" + std::to_string(total) +
                                         "\r\nContent-Length: " + std::to_string(length) + "\r\n");
}

source_patience quick() {
  source_patience patience;
  patience.head = 300ms;
  patience.stall = 300ms;
  patience.window = 20s;
  return patience;
}

/// Asks for the middle two MiB of `content` (or from `offset` on) and checks what came of it.
void expect(const char* row, errc code, const canned_answer& answer,
            std::set<std::uint64_t> right = {}, std::uint64_t offset = mib) {
  canned_source source([&](int, int) { return answer; });
  fetching_client client(source.port(), quick());
  const auto got = client.fetch_range("/f", content, offset, 2 * mib);
  REQUIRE_MESSAGE(got.outcome.failure, row);
  const fetch_failure& failure = *got.outcome.failure;
  CHECK_MESSAGE(failure.fault.row == row, row, ": ", failure.fault.what);
  CHECK_MESSAGE(failure.cause.code == code, row, ": ", describe(failure.cause));
  CHECK(failure.fault.what.size() > 5);
  CHECK_MESSAGE(got.right == right, row);
  for (const std::uint64_t block : right) {
    CHECK(got.bytes.substr(block, mib) == content.substr(block, mib));
  }
}

void expect_success(const char* row, const canned_answer& answer, std::uint64_t offset) {
  canned_source source([&](int, int) { return answer; });
  fetching_client client(source.port(), quick());
  const auto got = client.fetch_range("/f", content, offset, 2 * mib);
  CHECK_MESSAGE(!got.outcome.failure, row);
  const std::set<std::uint64_t> all{offset, offset + mib};
  CHECK_MESSAGE(got.right == all, row);
}

const std::string middle = content.substr(mib, 2 * mib);

}  // namespace

TEST_CASE("statuses: X1 to X7") {
  const auto no = [](const std::string& status, const std::string& fields = "") {
    return canned_answer{head(status, "Content-Length: 2\r\n" + fields) + "no", then::keep};
  };
  expect("X1", errc::refused, no("403 Forbidden"));
  expect("X1", errc::refused, no("401 Unauthorized"));
  expect("", errc::not_found, no("404 Not Found"));
  expect("X3", errc::refused, no("416 Range Not Satisfiable", "Content-Range: bytes */9\r\n"));
  expect("X4", errc::refused, no("429 Too Many Requests"));
  expect("X5", errc::refused, no("500 Oops"));
  expect("X5", errc::refused, no("503 Busy"));
  for (const char* const status :
       {"301 Moved", "302 Found", "304 Not Modified", "307 T", "308 P"}) {
    expect("X6", errc::refused, no(status, "Location: /f\r\n"));
  }
  expect("X8", errc::refused, no("204 No Content"));
  expect("X8", errc::refused, no("100 Continue"));
  const std::string whole = head("200 OK", "Content-Length: 3146228\r\n") + content;
  expect("X7", errc::refused, {whole, then::close});
  expect_success("X7", {whole, then::close}, 0);
}

TEST_CASE("ranges that are not what was asked for: X8 to X14") {
  const std::uint64_t size = content.size();
  expect("X9", errc::refused, {partial(0, size - 1, size, size) + content, then::close});
  expect(
      "X9", errc::refused,
      {partial(mib + 1, 3 * mib, size, 2 * mib) + content.substr(mib + 1, 2 * mib), then::close});
  expect(
      "X10", errc::refused,
      {partial(mib, 3 * mib, size, 2 * mib + 1) + content.substr(mib, 2 * mib + 1), then::close});
  expect("X10", errc::refused,
         {partial(mib, 2 * mib - 1, size, mib) + content.substr(mib, mib), then::close});
  expect("X11", errc::refused,
         {partial(mib, 3 * mib - 1, size + 1, 2 * mib) + middle, then::close});
  expect("X12", errc::refused,
         {head("206 Partial Content", "Content-Length: 2097152\r\n") + middle, then::close});
  expect("X12", errc::refused,
         {head("206 P", "Content-Range: bytes 1-\r\nContent-Length: 2097152\r\n") + middle,
          then::close});
  expect("X13", errc::refused,
         {head("206 P", "Content-Type: multipart/byteranges; boundary=x\r\nContent-Length: 9\r\n") +
              "--x\r\n\r\n--",
          then::close});
  expect("X3", errc::refused,
         {head("206 P", "Content-Range: bytes */9\r\nContent-Length: 0\r\n"), then::close});
}

TEST_CASE("lengths that lie: X15 to X20") {
  const std::uint64_t size = content.size();
  const std::uint64_t last = 3 * mib - 1;
  expect("X15", errc::peer_closed,
         {partial(mib, last, size, mib + 700) + middle.substr(0, mib + 700), then::close}, {mib});
  expect("X15", errc::peer_closed, {partial(mib, last, size, 5) + "hello", then::close});
  expect("X16", errc::refused,
         {partial(mib, last, size, 2 * mib + 9) + middle + "too much.", then::close},
         {mib, 2 * mib});
  expect("X17", errc::refused, {head("200 OK", "") + content, then::close}, {}, 0);
  expect("X17", errc::refused,
         {head("206 P", "Content-Range: bytes 1048576-3145727/3146228\r\n") + middle, then::close});
  for (const char* const length : {"-5", "18446744073709551616", "0x10", "5, 5", "1 2"}) {
    expect("X18", errc::refused,
           {head("200 OK", std::string("Content-Length: ") + length + "\r\n"), then::close});
  }
  expect("X18", errc::refused,
         {head("200 OK", "Content-Length: 5\r\nContent-Length: 6\r\n"), then::close});
  expect("X19", errc::refused,
         {head("200 OK", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n", then::endless}, {},
         0);
  expect("X20", errc::refused,
         {partial(mib, last, size, 2 * mib) + middle + std::string(64 * 1024, '\0'), then::endless},
         {mib, 2 * mib});
}

TEST_CASE("what comes beyond an answer is no answer to the next request: X20") {
  const std::string answer = partial(mib, 3 * mib - 1, content.size(), 2 * mib) + middle;
  canned_source source([&](int connection, int request) {
    const bool late = connection == 0 && request == 1;
    return canned_answer{late ? "zeros" + answer : answer, then::keep};
  });
  fetching_client client(source.port(), quick());
  CHECK(!client.fetch_range("/f", content, mib, 2 * mib).outcome.failure);
  const auto second = client.fetch_range("/f", content, mib, 2 * mib);
  REQUIRE(second.outcome.failure);
  CHECK(second.outcome.failure->fault.row == "X20");
  CHECK(second.right.empty());
  CHECK(!client.fetch_range("/f", content, mib, 2 * mib).outcome.failure);
  CHECK(source.connections() == 2);
}

TEST_CASE("the rest of an answer that is longer than the range is not read as the next one: X7") {
  const std::string whole = head("200 OK", "Content-Length: 3146228\r\n") + content;
  canned_source source([&](int, int) { return canned_answer{whole, then::keep}; });
  fetching_client client(source.port(), quick());
  for (int i = 1; i <= 2; ++i) {
    CHECK(!client.fetch_range("/f", content, 0, mib).outcome.failure);
    CHECK(source.connections() == i);
  }
}

TEST_CASE(
    "small files whose answers are too long: each is taken, and its source blamed: X16, X20") {
  const std::string answer = head("200 OK", "Content-Length: 5\r\n") + "hello";
  const std::string longer = head("200 OK", "Content-Length: 9\r\n") + "hello....";
  for (const auto& [row, first, last] :
       {std::tuple("X16", longer, longer), std::tuple("X20", answer + "....", answer),
        std::tuple("X20", answer, answer + "....")}) {
    canned_source source([&](int, int request) {
      return canned_answer{request == 0 ? first : last, then::keep};
    });
    fetching_client client(source.port(), quick());
    std::vector<std::string> bodies;
    const auto outcomes = client.fetch_many({{"/a", 5}, {"/b", 5}}, bodies);
    REQUIRE(outcomes.back());
    CHECK(outcomes.back()->fault.row == row);
    CHECK(outcomes.back()->cause.code == errc::refused);
    CHECK(bodies.front() == "hello");
    CHECK(source.connections() == 1);
  }
}

TEST_CASE("wrong bytes are refused block by block: X21, X22, X25") {
  const std::uint64_t size = content.size();
  const std::string answer_head = partial(mib, 3 * mib - 1, size, 2 * mib);
  const auto blocks = [&](const std::string& body) {
    canned_source source([&](int, int) { return canned_answer{answer_head + body, then::keep}; });
    fetching_client client(source.port(), quick());
    const auto got = client.fetch_range("/f", content, mib, 2 * mib);
    CHECK(!got.outcome.failure);
    CHECK(got.outcome.report.refused.size() + got.right.size() == 2);
    return got.right;
  };
  std::string flipped = middle;
  flipped[mib + 5] = static_cast<char>(flipped[mib + 5] ^ 1);
  CHECK(blocks(flipped) == std::set<std::uint64_t>{mib});
  CHECK(blocks(content.substr(0, 2 * mib)).empty());
  CHECK(blocks(std::string(2 * mib, '\0')).empty());
}

TEST_CASE("codings nobody asked for are refused at the head: X26") {
  for (const char* const coding : {"gzip", "deflate", "identity, gzip", "br"}) {
    expect(
        "X26", errc::refused,
        {head("200 OK", std::string("Content-Length: 100\r\nContent-Encoding: ") + coding + "\r\n"),
         then::endless},
        {}, 0);
  }
}

TEST_CASE("silence, stalls and ends: X27 to X31") {
  const std::uint64_t size = content.size();
  const std::string answer_head = partial(mib, 3 * mib - 1, size, 2 * mib);
  expect("X27", errc::timed_out, {"", then::hold});
  expect("X27", errc::timed_out, {"HTTP/1.1 206 Par", then::hold});
  expect("X29", errc::timed_out, {answer_head + middle.substr(0, mib + 100), then::hold}, {mib});
  expect("X31", errc::peer_closed, {answer_head + middle.substr(0, mib + 100), then::close}, {mib});
  expect("X31", errc::peer_closed, {"", then::close});
  expect("X31", errc::peer_closed, {"HTTP/1.1 20", then::close});
  expect("X18", errc::refused, {"SSH-2.0-OpenSSH_9.2\r\n\r\n", then::hold});
}

TEST_CASE("a reset is told from an end: X30") {
  const std::string answer = partial(mib, 3 * mib - 1, content.size(), 2 * mib);
  canned_source source([&](int, int) { return canned_answer{answer, then::reset}; });
  fetching_client client(source.port(), quick());
  const auto got = client.fetch_range("/f", content, mib, 2 * mib);
  REQUIRE(got.outcome.failure);
  CHECK(got.outcome.failure->fault.row == "X30");
  CHECK(got.outcome.failure->cause.code == errc::peer_closed);
}

TEST_CASE("a source that trickles is too slow: X28") {
  source_patience patience = quick();
  patience.stall = 20s;
  patience.window = 200ms;
  canned_source source([](int, int) {
    return canned_answer{partial(mib, 3 * mib - 1, content.size(), 2 * mib) + "a", then::hold};
  });
  fetching_client client(source.port(), patience);
  const auto got = client.fetch_range("/f", content, mib, 2 * mib);
  REQUIRE(got.outcome.failure);
  CHECK(got.outcome.failure->fault.row == "X28");
  CHECK(got.outcome.failure->cause.code == errc::timed_out);
}

TEST_CASE("an entity tag that changes between two ranges is a fault: X36") {
  int answers = 0;
  canned_source source([&](int, int) {
    std::string answer = partial(mib, 3 * mib - 1, content.size(), 2 * mib);
    answer.insert(answer.size() - 2, answers++ == 0 ? "ETag: \"a\"\r\n" : "ETag: \"b\"\r\n");
    return canned_answer{answer + middle, then::keep};
  });
  fetching_client client(source.port(), quick());
  CHECK(!client.fetch_range("/f", content, mib, 2 * mib).outcome.failure);
  const auto second = client.fetch_range("/f", content, mib, 2 * mib);
  REQUIRE(second.outcome.failure);
  CHECK(second.outcome.failure->fault.row == "X36");
  CHECK(second.outcome.failure->cause.code ==
        errc::refused);  // not a few wrong bytes: the next one
  CHECK(second.right.empty());
}

TEST_CASE("whole bodies take no part, no other size and no more than allowed") {
  struct row {
    const char* name;
    std::string answer;
    std::optional<std::uint64_t> size;
    const char* fault;
  };
  const std::string five = "Content-Length: 5\r\n";
  for (const row& one :
       {row{"right", head("200 OK", five) + "hello", 5, nullptr},
        row{"right, size unknown", head("200 OK", five) + "hello", std::nullopt, nullptr},
        row{"206 for the whole", head("206 P", five + "Content-Range: bytes 0-4/5\r\n") + "hello",
            5, nullptr},
        row{"206 for a part", head("206 P", five + "Content-Range: bytes 0-4/9\r\n") + "hello",
            std::nullopt, "X8"},
        row{"short", head("200 OK", five) + "hello", 6, "X15"},
        row{"long", head("200 OK", five) + "hello", 4, "X16"},
        row{"more than promised", head("200 OK", five) + "hello, world", 5, "X20"},
        row{"over the bound", head("200 OK", "Content-Length: 101\r\n") + std::string(101, 'x'),
            std::nullopt, "X16"},
        row{"no length", head("200 OK", "") + "hello", 5, "X17"},
        row{"coded", head("200 OK", five + "Content-Encoding: gzip\r\n") + "hello", 5, "X26"}}) {
    canned_source source([&](int, int) { return canned_answer{one.answer, then::close}; });
    fetching_client client(source.port(), quick());
    const auto body = client.fetch("/f", one.size, 100);
    if (one.fault == nullptr) {
      CHECK_MESSAGE(!body.failure, one.name);
      CHECK(body.bytes.size() == 5);
    } else {
      REQUIRE_MESSAGE(body.failure, one.name);
      CHECK_MESSAGE(body.failure->fault.row == one.fault, one.name);
      CHECK(body.bytes.empty());
    }
  }
}

TEST_CASE("Retry-After is taken in seconds, at most an hour") {
  const auto judged = [](const char* value) {
    response_head answer;
    answer.status = 429;
    answer.retry_after = value;
    return judge_answer(answer, {}).failure->retry_after;
  };
  CHECK(judged("7") == 7s);
  CHECK(judged("99999999") == 3600s);
  CHECK(!judged("Fri, 31 Dec 1999 23:59:59 GMT"));
  CHECK(!judged("-1"));
}
