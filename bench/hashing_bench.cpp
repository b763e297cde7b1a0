// How fast bytes get their names: each kernel over leaves, whole trees, many small files; beside
// OpenSSL's SHA-256 over one stream, which is what `openssl dgst -sha256` does.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "hashing/hashing.hpp"
#include "hashing/message_lanes.hpp"

using namespace sluice;

namespace {

constexpr std::size_t mib = limits::mib;

std::vector<std::byte> patterned_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) { bytes[i] = static_cast<std::byte>(i % 251); }
  return bytes;
}

/// Bytes per second, and what came out, so that two runs can be compared.
void report(benchmark::State& state, std::size_t bytes_each, const model::digest& made) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes_each));
  state.SetLabel(made.hex().substr(0, 16));
}

/// `count` leaves of `size` bytes, side by side in memory as a file has them.
void bench_messages(benchmark::State& state, hashing::kernel kernel, std::size_t count,
                    std::size_t size) {
  const auto bytes = patterned_bytes(count * size);
  std::vector<model::digest> made(count);
  std::vector<hashing::message> messages;
  for (std::size_t i = 0; i < count; ++i) {
    messages.push_back({bytes.data() + i * size, size, made[i].bytes.data()});
  }
  hashing::force(kernel);
  for (auto _ : state) {
    hashing::hash_messages(messages);
    benchmark::DoNotOptimize(made.data());
  }
  hashing::force(std::nullopt);
  report(state, bytes.size(), made.back());
}

void bench_tree(benchmark::State& state, std::optional<hashing::kernel> kernel) {
  const auto bytes = patterned_bytes(static_cast<std::size_t>(state.range(0)));
  model::digest made;
  hashing::force(kernel);
  for (auto _ : state) {
    made = hashing::measure(bytes).id.digest;
    benchmark::DoNotOptimize(made);
  }
  hashing::force(std::nullopt);
  report(state, bytes.size(), made);
}

/// A stream in chunks that never meet the bounds of a batch: all bytes are copied once.
void bench_stream(benchmark::State& state) {
  const auto bytes = patterned_bytes(32 * mib);
  model::digest made;
  for (auto _ : state) {
    hashing::tree_hasher hasher;
    for (std::span<const std::byte> rest = bytes; !rest.empty();) {
      const std::size_t size = std::min<std::size_t>(rest.size(), 65537);
      hasher.update(rest.first(size));
      rest = rest.subspan(size);
    }
    made = hasher.finish().id.digest;
  }
  report(state, bytes.size(), made);
}

void bench_small_files(benchmark::State& state) {
  const auto bytes = patterned_bytes(256 * static_cast<std::size_t>(state.range(0)));
  const auto size = static_cast<std::size_t>(state.range(0));
  std::vector<std::span<const std::byte>> files;
  for (std::size_t i = 0; i < 256; ++i) {
    files.push_back(std::span<const std::byte>(bytes).subspan(i * size, size));
  }
  model::digest made;
  for (auto _ : state) { made = hashing::measure_small(files).back(); }
  report(state, bytes.size(), made);
}

void bench_openssl(benchmark::State& state) {
  const auto bytes = patterned_bytes(static_cast<std::size_t>(state.range(0)));
  model::digest made;
  for (auto _ : state) {
    made = hashing::sha256(bytes);
    benchmark::DoNotOptimize(made);
  }
  report(state, bytes.size(), made);
}

void add_all() {
  constexpr std::size_t leaf = limits::leaf_size;
  benchmark::RegisterBenchmark("openssl_one_stream", bench_openssl)->Arg(mib)->Arg(32 * mib);
  for (const hashing::kernel kernel : hashing::available_kernels()) {
    const std::string name(hashing::name_of(kernel));
    const auto add = [&](const std::string& what, std::size_t count, std::size_t size) {
      benchmark::RegisterBenchmark((name + what).c_str(), bench_messages, kernel, count, size);
    };
    for (const std::size_t leaves : {1, 2, 10, 16}) {
      add("/leaves:" + std::to_string(leaves), leaves, leaf);
    }
    add("/nodes:32", 32, 64);
    benchmark::RegisterBenchmark((name + "/tree").c_str(), bench_tree, kernel)
        ->Arg(mib)
        ->Arg(32 * mib);
  }
  benchmark::RegisterBenchmark("automatic/tree", bench_tree, std::nullopt)
      ->Arg(100 * 1024)
      ->Arg(mib)
      ->Arg(32 * mib);
  benchmark::RegisterBenchmark("automatic/stream_of_odd_chunks", bench_stream);
  benchmark::RegisterBenchmark("automatic/small_files:256", bench_small_files)
      ->Arg(1000)
      ->Arg(4096)
      ->Arg(30'000);
}

}  // namespace

int main(int count, char** arguments) {
  add_all();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) { return 1; }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
