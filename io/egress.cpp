#include "io/egress.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "io/sync.hpp"

namespace sluice::io {

namespace {

constexpr std::uint64_t disk_block = 4096;
/// After this much the page cache is asked again: somebody else may have filled it.
constexpr std::uint64_t cold_run_max = 64 * limits::mib;
constexpr std::size_t ahead = limits::buffers_per_cold_reader;

struct cold_block {
  buffer memory;
  event arrived;
  result<std::size_t> got = std::size_t{0};
};

task<void> read_block(file* from, cold_block* into, std::uint64_t offset) {
  auto got = co_await from->read(into->memory.bytes(), offset);
  into->got = std::move(got);
  into->arrived.set();
}

/// One run of a cold reader: reads ahead into a ring of buffers, sends from it in order.
struct cold_run {
  file* direct;
  byte_stream& to;
  std::chrono::nanoseconds stall;
  std::uint64_t position;  ///< of the next byte to be sent
  std::uint64_t end;
  std::uint64_t next_read;  ///< aligned
  std::uint64_t reads = 0;
  std::array<cold_block, ahead> blocks{};
  task_group reading{};

  void read_next(cold_block& into) {
    into.arrived.clear();
    reading.start(read_block(direct, &into, next_read));
    next_read += limits::piece_size;
    ++reads;
  }
};

task<result<void>> send_block(cold_run& run, cold_block& block, std::uint64_t block_offset) {
  co_await block.arrived.wait();
  if (!block.got) { co_return block.got.error(); }
  const std::uint64_t known = std::min(block_offset + *block.got, run.end);
  if (run.position < block_offset || known <= run.position) {
    co_return error{errc::corrupt, 0, "send a file: it is shorter than its name says"};
  }
  const auto bytes =
      block.memory.bytes().subspan(run.position - block_offset, known - run.position);
  auto sent = co_await run.to.send(bytes, run.stall, known < run.end);
  run.position = known;
  co_return sent;
}

/// Ends early once others send the same bytes.
task<result<void>> send_cold(cold_run& run, cold_reading cold) {
  result<void> outcome;
  std::uint64_t block_offset = run.next_read;
  for (cold_block& each : run.blocks) {
    if (run.next_read >= run.end) { break; }
    each.memory = co_await cold.budget->buffers.acquire();
    run.read_next(each);
  }
  for (std::size_t turn = 0; outcome && run.position < run.end && !cold.is_shared(); ++turn) {
    cold_block& now = run.blocks[turn % ahead];
    outcome = co_await send_block(run, now, block_offset);
    block_offset += limits::piece_size;
    cold.reached(run.position);
    if (outcome && run.next_read < run.end) { run.read_next(now); }
  }
  co_await run.reading.wait_all();
  co_return outcome;
}

}  // namespace

bool parts_sent::is_shared(handle mine) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [&](const part& other) {
    return &other != &*mine && other.from < mine->end && mine->from < other.end;
  });
}

task<result<void>> egress(const file& from, std::uint64_t offset, std::uint64_t length,
                          byte_stream& to, std::chrono::nanoseconds stall, cold_reading cold) {
  const std::uint64_t end = offset + length;
  while (cold.direct != nullptr && offset < end) {
    auto sent = co_await to.send_cached(from, offset, end - offset, stall);
    if (!sent) { co_return sent.error(); }
    offset += *sent;
    cold.reached(offset);
    if (offset == end || cold.budget->readers_left == 0) { break; }
    if (*sent > 0) { continue; }
    if (cold.is_shared()) {
      const std::uint64_t run = std::min(end - offset, cold_run_max);  // then they may have gone
      auto shared = co_await to.send_file(from, offset, run, stall);
      if (!shared) { co_return shared; }
      offset += run;
      continue;
    }
    --cold.budget->readers_left;
    cold_run run{cold.direct,
                 to,
                 stall,
                 offset,
                 std::min(end, offset + cold_run_max),
                 offset / disk_block * disk_block};
    auto outcome = co_await send_cold(run, cold);
    ++cold.budget->readers_left;
    if (!outcome) { co_return outcome; }
    offset = run.position;
  }
  if (offset == end) { co_return result<void>(); }
  auto sent = co_await to.send_file(from, offset, end - offset, stall);
  co_return sent;
}

}  // namespace sluice::io
