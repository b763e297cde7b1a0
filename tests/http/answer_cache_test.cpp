#include "http/answer_cache.hpp"

#include <doctest/doctest.h>

#include "base/base.hpp"
#include "http/open_files.hpp"

using namespace sluice;
using namespace sluice::http;
using namespace std::chrono_literals;

namespace {

ready_answer answer(std::string head) {
  return {*model::content_id::parse("PKG00012.3"), {}, std::move(head)};
}

std::string numbered(std::uint32_t number) { return "GET /" + std::to_string(number); }

}  // namespace

TEST_CASE("an answer is found by the bytes of its request, while the catalogue stays as it is") {
  answer_cache cache;
  CHECK(cache.find("GET /a", 0) == nullptr);
  cache.keep("GET /a", 7, answer("a"));
  cache.keep("GET /b", 7, answer("b"));
  REQUIRE(cache.find("GET /a", 7) != nullptr);
  CHECK(cache.find("GET /a", 7)->head == "a");
  CHECK(cache.find("GET /b", 7)->head == "b");
  CHECK(cache.find("GET /", 7) == nullptr);
  CHECK(cache.find("GET /a", 8) == nullptr);
  cache.keep("GET /c", 8, answer("c"));
  CHECK(cache.find("GET /c", 8) != nullptr);
  CHECK(cache.find("GET /a", 8) == nullptr);
  CHECK(cache.find("GET /a", 7) == nullptr);
}

TEST_CASE("answers are bounded: what nobody asks for goes, what is asked for stays") {
  answer_cache cache;
  for (std::uint32_t number = 0; number < 4 * limits::ready_answers_max; ++number) {
    cache.keep(numbered(number), 1, answer("x"));
    CHECK(cache.find(numbered(0), 1) != nullptr);
  }
  std::uint32_t found = 0;
  for (std::uint32_t number = 0; number < 4 * limits::ready_answers_max; ++number) {
    if (cache.find(numbered(number), 1)) { ++found; }
  }
  CHECK(found >= limits::ready_answers_max);
  CHECK(found <= 2 * limits::ready_answers_max);
  CHECK(cache.find(numbered(1), 1) == nullptr);
}

TEST_CASE("a long head is not kept") {
  answer_cache cache;
  const std::string longest(limits::ready_head_bytes_max, 'x');
  cache.keep(longest, 1, answer("a"));
  cache.keep(longest + "x", 1, answer("b"));
  CHECK(cache.find(longest, 1) != nullptr);
  CHECK(cache.find(longest + "x", 1) == nullptr);
}

TEST_CASE("bytes asked for once are read past the page cache, asked for again they belong in it") {
  served_file file;
  CHECK(file.take_cold(60, 100, 1s));
  CHECK(file.take_cold(40, 100, 2s));  // the other part of it
  CHECK_FALSE(file.take_cold(10, 100, 3s));
  CHECK_FALSE(file.take_cold(100, 100, 61s));
  CHECK(file.take_cold(100, 100, 62s));  // a new window
  CHECK_FALSE(file.take_cold(1, 100, 63s));
}
