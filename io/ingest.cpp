#include "io/ingest.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "io/sync.hpp"

namespace sluice::io {

namespace {

constexpr std::size_t disk_block = 4096;

/// One ingest under way; lives in its coroutine.
struct moving {
  byte_stream& from;
  std::span<const std::byte> already;
  file& target;
  ingest_request request;
  tap& check;
  semaphore in_flight;
  task_group blocks;
  ingest_report report;
  bool receiving = false;

  void stop_sender(error why) {
    if (!report.stopped) { report.stopped = std::move(why); }
  }
  void stop_here(error why) {
    if (report.stopped) { return; }
    report.stopped = std::move(why);
    report.stopped_here = true;
    // What the other side still sends belongs to nobody; do not wait for it.
    if (receiving) { from.abort(); }
  }
};

struct arrived_block {
  buffer memory;
  std::size_t length;
  std::uint64_t offset;
};

task<void> take_block(tap* check, std::span<const std::byte> block, std::uint64_t offset,
                      result<void>* outcome) {
  auto taken = co_await check->take(block, offset);
  *outcome = std::move(taken);
}

task<void> write_block(file* target, std::span<const std::byte> block, std::uint64_t offset,
                       result<void>* outcome) {
  if (block.size() % disk_block == 0) {
    auto written = co_await target->write(block, offset);
    *outcome = std::move(written);
  } else {
    auto written = co_await target->write_tail(block, offset);
    *outcome = std::move(written);
  }
}

/// Hashing and writing side by side; then the buffer goes back.
task<void> settle(moving* job, arrived_block block) {
  const auto bytes = block.memory.bytes().first(block.length);
  result<void> taken;
  result<void> written;
  task_group both;
  both.start(take_block(&job->check, bytes, block.offset, &taken));
  both.start(write_block(&job->target, bytes, block.offset, &written));
  co_await both.wait_all();
  if (taken) { job->check.written(block.offset, written); }
  if (!taken && taken.error().code != errc::corrupt) {
    job->stop_here(taken.error());
  } else if (!written) {
    job->stop_here(written.error());
  } else if (!taken) {
    job->report.refused.push_back(block.offset);
  } else {
    job->report.written.push_back(block.offset);
  }
  block.memory = buffer();
  job->in_flight.release();
}

/// Fills `into` from what came with the head, then from the stream.
task<result<void>> fill(moving* job, std::span<std::byte> into) {
  const std::size_t early = std::min(job->already.size(), into.size());
  if (early > 0) {
    std::memcpy(into.data(), job->already.data(), early);
    job->already = job->already.subspan(early);
    job->report.bytes_received += early;
  }
  std::size_t filled = early;
  while (filled < into.size()) {
    auto came = co_await job->from.receive(into.subspan(filled), job->request.stall);
    if (!came) { co_return came.error(); }
    if (*came == 0) {
      co_return error{errc::peer_closed, 0, format("receive from {}", job->from.peer())};
    }
    filled += *came;
    job->report.bytes_received += *came;
  }
  co_return result<void>();
}

task<void> receive_blocks(moving* job, buffer_pool* buffers) {
  const std::uint64_t end = job->request.offset + job->request.length;
  for (std::uint64_t offset = job->request.offset; offset < end;) {
    co_await job->in_flight.acquire();
    auto memory = co_await buffers->acquire();
    if (job->report.stopped) { break; }
    const std::size_t length = std::min<std::uint64_t>(memory.bytes().size(), end - offset);
    job->receiving = true;
    auto filled = co_await fill(job, memory.bytes().first(length));
    job->receiving = false;
    if (!filled) { job->stop_sender(filled.error()); }
    if (job->report.stopped) { break; }
    job->blocks.start(settle(job, arrived_block{std::move(memory), length, offset}));
    offset += length;
  }
}

}  // namespace

task<ingest_report> ingest(buffer_pool& buffers, byte_stream& from,
                           std::span<const std::byte> already, file& target, ingest_request request,
                           tap& check) {
  SLUICE_CHECK(request.offset % limits::piece_size == 0 && request.buffers_max > 0);
  moving job{from, already, target, request, check, semaphore(request.buffers_max), {}, {}};
  co_await receive_blocks(&job, &buffers);
  co_await job.blocks.wait_all();
  std::ranges::sort(job.report.written);
  std::ranges::sort(job.report.refused);
  co_return std::move(job.report);
}

}  // namespace sluice::io
