// A test program goes the way that its environment asks for, as sluiced does: with one hash kernel,
// or without a feature of the kernel.
#include <cstdio>
#include <cstdlib>

#include "hashing/hashing.hpp"
#include "io/io.hpp"

namespace {

bool force_paths() {
  using namespace sluice;
  const char* kernel = std::getenv("SLUICE_HASH_KERNEL");
  if (kernel != nullptr) {
    const auto named = hashing::kernel_named(kernel);
    if (!named || !hashing::force(*named)) {
      std::printf("this processor has no hash kernel %s\n", kernel);
      std::exit(77);  // skipped
    }
  }
  const char* without = std::getenv("SLUICE_IO_WITHOUT");
  if (without == nullptr) { return true; }
  const auto done = io::do_without(without);
  if (!done) {
    std::puts(describe(done.error()).c_str());
    std::exit(1);
  }
  return true;
}

[[maybe_unused]] const bool forced = force_paths();

}  // namespace
