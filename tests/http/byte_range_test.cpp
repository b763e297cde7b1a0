#include "http/byte_range.hpp"

#include <doctest/doctest.h>

#include "http/entity_tag.hpp"

using namespace sluice;
using namespace sluice::http;
using kind = range_request::kind;

namespace {

std::vector<byte_range> ranges_of(const char* field, std::uint64_t size = 1000) {
  const range_request request = parse_range(field, size);
  REQUIRE_MESSAGE(request.asked == kind::partial, field);
  return request.ranges;
}

}  // namespace

TEST_CASE("ranges are closed, open or suffixes, and end with the file") {
  CHECK(ranges_of("bytes=0-0") == std::vector<byte_range>{{0, 1}});
  CHECK(ranges_of("bytes=10-19") == std::vector<byte_range>{{10, 10}});
  CHECK(ranges_of("bytes=10-") == std::vector<byte_range>{{10, 990}});
  CHECK(ranges_of("bytes=-10") == std::vector<byte_range>{{990, 10}});
  CHECK(ranges_of("bytes=-5000") == std::vector<byte_range>{{0, 1000}});
  CHECK(ranges_of("bytes=990-18446744073709551615") == std::vector<byte_range>{{990, 10}});
  CHECK(ranges_of("BYTES= 0-1 , 5-6") == std::vector<byte_range>{{0, 2}, {5, 2}});
  CHECK(ranges_of("bytes=0-1,5000-,7-8") == std::vector<byte_range>{{0, 2}, {7, 2}});
}

TEST_CASE("eight ascending ranges are served, nine or disorder are not") {
  CHECK(ranges_of("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14").size() == 8);
  for (const char* const field :
       {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", "bytes=5-6,0-1", "bytes=0-5,5-6",
        "bytes=0-,0-", "bytes=1-0", "bytes=1000-", "bytes=-0", "bytes=", "bytes=a-b", "bytes=-",
        "bytes=0-1,", "bytes=+1-2", "bytes=0--1", "bytes=99999999999999999999-"}) {
    CHECK_MESSAGE(parse_range(field, 1000).asked == kind::unsatisfiable, field);
  }
  CHECK(parse_range("bytes=0-", 0).asked == kind::unsatisfiable);
}

TEST_CASE("no field, and units nobody knows, ask for the whole") {
  CHECK(parse_range("", 1000).asked == kind::whole);
  CHECK(parse_range("pieces=0-1", 1000).asked == kind::whole);
  CHECK(parse_range("0-1", 1000).asked == kind::whole);
}

TEST_CASE("a Content-Range is read exactly or not at all") {
  const auto good = parse_content_range("bytes 5-9/20");
  REQUIRE(good);
  CHECK(good->range == byte_range{5, 5});
  CHECK(good->size == std::uint64_t{20});
  CHECK(print_content_range(*good->range, *good->size) == "bytes 5-9/20");
  CHECK(!parse_content_range("bytes 5-9/*")->size);
  CHECK(!parse_content_range("bytes */20")->range);
  for (const char* const field :
       {"", "bytes", "bytes 5-9", "bytes 9-5/20", "bytes 5-20/20", "bytes */*", "bytes -5/20",
        "bytes 5-/20", "5-9/20", "bytes 0-18446744073709551615/*", "bytes=5-9/20"}) {
    CHECK_MESSAGE(!parse_content_range(field), field);
  }
}

TEST_CASE("an entity tag is compared weakly for If-None-Match and strongly for If-Range") {
  const model::file_id file{{}, model::byte_count{7}};
  const std::string tag = entity_tag(file);
  CHECK(tag == "\"" + std::string(64, '0') + "-7\"");
  CHECK(none_match_has(tag, tag));
  CHECK(none_match_has("\"a\", W/" + tag + " ,\"b\"", tag));
  CHECK(none_match_has(" * ", tag));
  CHECK(!none_match_has("", tag));
  CHECK(!none_match_has("\"a\"", tag));
  CHECK(if_range_holds("", tag));
  CHECK(if_range_holds(tag, tag));
  CHECK(!if_range_holds("W/" + tag, tag));
  CHECK(!if_range_holds("\"a\"", tag));
  CHECK(!if_range_holds("Sat, 29 Oct 1994 19:43:31 GMT", tag));
}
