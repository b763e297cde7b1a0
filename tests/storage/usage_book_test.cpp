#include "storage/usage_book.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/temporary_folder.hpp"

namespace sluice::storage {

namespace {

using namespace std::chrono_literals;
using model::usage_window;
using model::visitor_kind;

constexpr model::calendar_time noon{1'800'014'400s};  // 12:00 UTC
constexpr auto client = visitor_kind::client;
constexpr auto point = visitor_kind::distribution_point;

std::unique_ptr<usage_book> open_at(const std::string& path) {
  auto opened = usage_book::open(path);
  REQUIRE_MESSAGE(opened.ok(), (opened ? "" : describe(opened.error())));
  return std::move(*opened);
}

using windows = std::vector<usage_window>;

}  // namespace

// D11
TEST_CASE("each visitor counts once, as a client or as a distribution point") {
  const auto book = open_at("");
  CHECK(*book->windows(noon) == windows{{1, 0, 0, 0, 0}, {7, 0, 0, 0, 0}, {30, 0, 0, 0, 0}});
  CHECK(book->add({{client, "a", 10}, {client, "b", 5}, {point, "a", 100}}, noon).ok());
  CHECK(book->add({{client, "a", 1}, {point, "a", 100}}, noon + 1h).ok());
  const usage_window day{1, 2, 1, 16, 200};
  CHECK(book->windows(noon + 2h)->front() == day);
}

// D11
TEST_CASE("a window ends with the day; what none counts is forgotten") {
  const auto book = open_at("");
  CHECK(book->add({{client, "a", 10}}, noon).ok());
  CHECK(book->add({{client, "b", 20}}, noon + 24h).ok());
  CHECK(*book->windows(noon + 24h) ==
        windows{{1, 1, 0, 20, 0}, {7, 2, 0, 30, 0}, {30, 2, 0, 30, 0}});
  // The last moment of the seventh day counts, the first of the eighth does not.
  CHECK((*book->windows(noon + 6 * 24h + 12h - 1ms))[1] == usage_window{7, 2, 0, 30, 0});
  CHECK((*book->windows(noon + 6 * 24h + 12h))[1] == usage_window{7, 1, 0, 20, 0});
  CHECK((*book->windows(noon + 29 * 24h))[2] == usage_window{30, 2, 0, 30, 0});
  CHECK((*book->windows(noon + 30 * 24h))[2] == usage_window{30, 1, 0, 20, 0});
}

// D11
TEST_CASE("a clock that ran ahead leaves nothing that counts when it is right again") {
  const auto book = open_at("");
  CHECK(book->add({{client, "a", 10}}, noon + 400 * 24h).ok());
  CHECK((*book->windows(noon))[2] == usage_window{30, 0, 0, 0, 0});
  CHECK(book->add({{client, "b", 1}}, noon).ok());
  CHECK((*book->windows(noon))[2] == usage_window{30, 1, 0, 1, 0});
  CHECK((*book->windows(noon + 400 * 24h))[2] == usage_window{30, 0, 0, 0, 0});
}

// D11
TEST_CASE("of more visitors than are kept the bytes are counted still") {
  const auto book = open_at("");
  std::vector<model::visit> crowd;
  for (std::uint32_t i = 0; i < usage_book::visitors_max; ++i) {
    crowd.push_back({client, format("{}", i), 1});
  }
  CHECK(book->add(crowd, noon).ok());
  CHECK(book->add({{client, "late", 7}, {client, "0", 1}, {point, "", 3}}, noon).ok());
  CHECK(book->windows(noon)->front() ==
        usage_window{1, usage_book::visitors_max, 0, usage_book::visitors_max + 8, 3});
}

// D11
TEST_CASE("the usage book outlives its process, and damage to it") {
  const temporary_folder folder;
  const std::string path = folder.path() + "/usage.db";
  CHECK(open_at(path)->add({{client, "a", 10}}, noon).ok());
  CHECK(open_at(path)->windows(noon)->front() == usage_window{1, 1, 0, 10, 0});
  std::ofstream(path, std::ios::trunc) << std::string(8192, 'x');
  const auto anew = open_at(path);
  CHECK(anew->windows(noon)->front() == usage_window{1, 0, 0, 0, 0});
  CHECK(anew->add({{client, "a", 1}}, noon).ok());
}

}  // namespace sluice::storage
