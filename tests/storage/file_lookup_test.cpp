// Whether the library has a file: what the disk refuses to say is not taken for an answer.
#include <doctest/doctest.h>

#include <cerrno>

#include "storage/library_layout.hpp"
#include "tests/storage/simulated_library.hpp"

namespace sluice::storage {

namespace {

TEST_CASE(
    "what the disk refuses to say of a file is an error, and of an absent file's layer is not") {
  test::simulated_library on;
  on.start();
  const model::file_id large = hashing::measure(std::vector<std::byte>(2 * limits::piece_size)).id;
  on.world.put_file(on.host, format("library/{}/another", file_folder(large)), "x");
  const auto holds = [&] {
    return io::block_on<result<bool>>(*on.ring, [&] { return on.library->holds(large); });
  };
  on.world.fail(on.host, io::opcode::facts, 2, EIO);  // of the layer
  const auto absent = holds();
  REQUIRE(absent.ok());
  CHECK_FALSE(*absent);
  on.world.fail(on.host, io::opcode::facts, 1, EIO);
  const auto unknown = holds();
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().os_error == EIO);
}

}  // namespace

}  // namespace sluice::storage
