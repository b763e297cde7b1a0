#include "actors/node_services.hpp"

#include <doctest/doctest.h>

#include "tests/actors/virtual_time.hpp"

using namespace sluice;

// A10
TEST_CASE("while a node does not know its site no order is taken, and each is told why") {
  actors::testing::virtual_time time;
  actors::node_parts parts;
  parts.orders->close("another site answers");
  actors::node_services node(time.system(), parts, {}, {}, {}, {}, "");
  const auto check_refused = [](const auto& answer) {
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == errc::limit_reached);  // asked again in a moment: that is no try
    CHECK(answer.error().doing.find("another site answers") != std::string::npos);
  };
  check_refused(node.notify({}, {}));
  check_refused(node.cancel({}, {}));
  check_refused(node.remove_content({}, {}));
  check_refused(node.inventory({}, {}));
  check_refused(node.validate({}, {}));
  check_refused(node.validation_progress({}, {}));
  check_refused(node.begin_push({}, {}, {}));
}
