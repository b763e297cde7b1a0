// Prints "<hex>.<size>" for each file given, by sluice's own hashing; once per kernel, streamed in
// odd chunks, so that compare_tree_digest.py can hold it against hashlib.
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hashing/hashing.hpp"

using namespace sluice;

namespace {

hashing::measured_file measure_file(const char* path, std::size_t chunk_size) {
  std::ifstream stream(path, std::ios::binary);
  SLUICE_CHECK(stream.is_open());
  hashing::tree_hasher hasher;
  std::vector<char> chunk(chunk_size);
  while (stream) {
    stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto size = static_cast<std::size_t>(stream.gcount());
    hasher.update(std::as_bytes(std::span(chunk.data(), size)));
  }
  return hasher.finish();
}

}  // namespace

/// print_file_id KERNEL CHUNK_BYTES FILE...
int main(int count, char** arguments) {
  SLUICE_CHECK(count >= 3);
  const std::string_view name = arguments[1];
  const auto kernel = hashing::kernel_named(name);
  if (name != "automatic" && (!kernel || !hashing::force(kernel))) { return 77; }
  const std::size_t chunk_size = std::stoul(arguments[2]);
  for (int i = 3; i < count; ++i) {
    const auto measured = measure_file(arguments[i], chunk_size);
    std::cout << measured.id.digest.hex() << '.' << model::raw(measured.id.size);
    std::string layer;
    for (const auto& piece : measured.pieces) { layer += piece.hex(); }
    std::cout << ' ' << layer << '\n';
  }
  return 0;
}
