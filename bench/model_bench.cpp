// What the decisions of a site and of a node cost: manifests are read before every transfer, and a
// source is chosen for every range.
#include <benchmark/benchmark.h>

#include "model/model.hpp"

using namespace sluice;
using namespace sluice::model;

namespace {

/// A tree such as that of a library's headers: folders of a hundred small files.
manifest tree(std::uint32_t entries) {
  manifest whole;
  whole.header.content = *content_id::parse("PKG00012.1");
  seeded_random random(1);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < entries; ++i) {
    manifest_entry entry;
    entry.path = format("include/library/part {:04}/header_{:06}.hpp", i / 100, i);
    entry.file.size = byte_count{random() % 20'000 + 1};
    for (std::byte& one : entry.file.digest.bytes) { one = static_cast<std::byte>(random()); }
    bytes += raw(entry.file.size);
    whole.entries.push_back(std::move(entry));
  }
  whole.header.entries = entries;
  whole.header.files = entries;
  whole.header.bytes = byte_count{bytes};
  return whole;
}

void count(benchmark::State& state, std::size_t items, std::size_t bytes) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(items));
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
}

void manifest_parse(benchmark::State& state) {
  const auto entries = static_cast<std::uint32_t>(state.range(0));
  const std::string text = print_manifest(tree(entries));
  std::vector<manifest_entry> batch;
  for (auto _ : state) {
    manifest_parser parser;
    for (std::size_t at = 0; at < text.size(); at += 64 * limits::kib) {
      batch.clear();
      const auto fed = parser.feed(std::string_view(text).substr(at, 64 * limits::kib), batch);
      SLUICE_CHECK(fed.ok());
    }
    SLUICE_CHECK(parser.finish().ok());
  }
  count(state, entries, text.size());
}
BENCHMARK(manifest_parse)->Arg(100'000)->Unit(benchmark::kMillisecond);

void manifest_print(benchmark::State& state) {
  const manifest whole = tree(static_cast<std::uint32_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    std::string text = print_manifest(whole);
    bytes = text.size();
    benchmark::DoNotOptimize(text);
  }
  count(state, whole.entries.size(), bytes);
}
BENCHMARK(manifest_print)->Arg(100'000)->Unit(benchmark::kMillisecond);

void source_ranking(benchmark::State& state) {
  seeded_random random(1);
  std::vector<ranked_source> sources(static_cast<std::size_t>(state.range(0)));
  for (ranked_source& source : sources) {
    source.priority = static_cast<std::uint32_t>(random() % 4);
  }
  for (auto _ : state) { benchmark::DoNotOptimize(choose_source(sources, random())); }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(source_ranking)->Arg(2)->Arg(8)->Arg(64);

}  // namespace

BENCHMARK_MAIN();
