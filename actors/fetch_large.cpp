#include "actors/fetch_large.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

/// One large file under way: what its lanes share.
struct large_transfer {
  page_tally& tally;
  storage::staging_file& staged;
  std::uint32_t lanes = 1;
  std::uint64_t next = 0;  ///< where the next range begins
  std::uint64_t range = limits::range_per_message;
  std::uint64_t unrecorded = 0;  ///< bytes held that the journal does not know of yet
  std::uint64_t held_told = 0;   ///< bytes of this file in the page's progress
  bool recording = false;
  io::task_group recordings;

  explicit large_transfer(page_tally& of, storage::staging_file& into, std::uint32_t lane_count)
      : tally(of), staged(into), lanes(lane_count) {}
};

/// A range should take about a second: slow sources get small ones, so that durable progress is
/// recorded often.
std::uint64_t fitting_range(std::uint64_t bytes, std::chrono::nanoseconds took) {
  const auto micros = std::max<std::int64_t>(1, took.count() / 1000);
  const std::uint64_t per_second = bytes * 1'000'000 / static_cast<std::uint64_t>(micros);
  const std::uint64_t pieces = per_second / limits::piece_size;
  return std::clamp<std::uint64_t>(pieces * limits::piece_size, limits::piece_size,
                                   limits::range_per_message);
}

void tell_progress(large_transfer& transfer) {
  const std::uint64_t held = transfer.staged.bytes_held();
  transfer.tally.outcome.progress.bytes_held += held - transfer.held_told;
  transfer.held_told = held;
  transfer.tally.tell();
}

/// fdatasync, then the journal: bytes before promises.
io::task<void> record_durable(large_transfer& transfer) {
  transfer.recording = true;
  transfer.unrecorded = 0;
  auto runs = co_await transfer.staged.make_durable();
  transfer.recording = false;
  if (!runs) {
    transfer.tally.fail_here(runs.error());
    co_return;
  }
  std::vector<storage::verified_run> verified;
  for (const auto& run : *runs) {
    verified.push_back({transfer.staged.id(), run.first, run.count});
  }
  if (!verified.empty()) { transfer.tally.place.on_durable(std::move(verified)); }
}

/// Counts what a range brought, whatever ended it.
void account(large_transfer& transfer, const http::source_client::range_outcome& outcome) {
  page_outcome& page = transfer.tally.outcome;
  page.progress.bytes_transferred += outcome.report.bytes_received;
  page.progress.pieces_verified += outcome.report.written.size();
  page.bad_pieces += static_cast<std::uint32_t>(outcome.report.refused.size());
  transfer.unrecorded += outcome.report.written.size() * limits::piece_size;
  tell_progress(transfer);
  if (outcome.failure) { transfer.tally.blame(*outcome.failure); }
  if (outcome.report.stopped_here) { transfer.tally.fail_here(*outcome.report.stopped); }
}

/// Takes range after range until the file is covered or something fails.
io::task<void> run_lane(large_transfer& transfer) {
  page_tally& tally = transfer.tally;
  const fetch_place& place = tally.place;
  while (!tally.stopped()) {
    const auto range = transfer.staged.next_missing(transfer.next, transfer.range);
    if (range.length == 0) { break; }
    transfer.next = range.offset + range.length;
    io::ingest_request request;
    request.offset = range.offset;
    request.length = range.length;
    request.buffers_max = limits::buffers_per_moving_job_max / transfer.lanes;
    const auto begun = place.parts.ring->now();
    auto outcome = co_await place.client->fetch_range(
        http::file_target(tally.content, transfer.staged.id()),
        model::raw(transfer.staged.id().size), request, *place.parts.buffers,
        transfer.staged.target(), transfer.staged, place.stop);
    transfer.range = fitting_range(range.length, place.parts.ring->now() - begun);
    account(transfer, outcome);
    const bool file_is_small = model::raw(transfer.staged.id().size) <= limits::range_per_message;
    if (!file_is_small && !transfer.recording && transfer.unrecorded > 0) {
      transfer.recordings.start(record_durable(transfer));
    }
  }
}

io::task<void> run_lanes(large_transfer& transfer) {
  io::task_group group;
  for (std::uint32_t lane = 0; lane < transfer.lanes; ++lane) { group.start(run_lane(transfer)); }
  co_await group.wait_all();
  co_await transfer.recordings.wait_all();
  // What was verified is kept for the next source or the next start.
  if (!transfer.staged.complete() && transfer.unrecorded > 0) { co_await record_durable(transfer); }
}

}  // namespace

void page_tally::blame(const http::fetch_failure& failure) {
  if (!outcome.failure) { outcome.failure = to_source_failure(failure); }
}

void page_tally::fail_here(const error& trouble) {
  if (trouble.code == errc::conflict) {
    outcome.in_use = true;
  } else if (!outcome.trouble) {
    outcome.trouble = trouble;
  }
}

io::task<void> fetch_large(page_tally& tally, model::file_id file, recorded_pieces recorded,
                           std::uint32_t lanes) {
  const fetch_place& place = tally.place;
  const std::uint64_t layer_size = hashing::piece_count(file.size) * 32;
  auto layer_body = co_await place.client->fetch(http::pieces_target(tally.content, file),
                                                 layer_size, layer_size, place.stop);
  if (layer_body.failure) {
    tally.blame(*layer_body.failure);
    co_return;
  }
  auto layer = hashing::parse_piece_layer(layer_body.bytes);
  result<void> proven = layer ? hashing::verify_piece_layer(file, *layer) : layer.error();
  if (!proven) {
    ++tally.outcome.bad_pieces;
    tally.blame({proven.error(),
                 {"X21", "sent a piece layer that does not match " + file.text()},
                 std::nullopt});
    co_return;
  }
  std::vector<storage::staging_file::piece_run> runs;
  for (const auto& run : recorded) { runs.push_back({run.first, run.count}); }
  auto staged = co_await place.parts.library->begin_file(file, std::move(*layer), std::move(runs));
  if (!staged) {
    tally.fail_here(staged.error());
    co_return;
  }
  if ((*staged)->records_stale()) { place.forget_records(file); }
  large_transfer transfer(tally, **staged, lanes);
  if (!tally.count_resumed) { transfer.held_told = (*staged)->bytes_held(); }
  tell_progress(transfer);
  co_await run_lanes(transfer);
  if (!(*staged)->complete()) {
    co_await place.parts.library->release_file(std::move(*staged));
    co_return;
  }
  const auto how = tally.replace ? io::on_existing::replace : io::on_existing::keep;
  auto committed = co_await place.parts.library->commit_file(std::move(*staged), how);
  if (!committed) {
    tally.outcome.progress.bytes_held -=
        std::min(transfer.held_told, tally.outcome.progress.bytes_held);
    tally.fail_here(committed.error());
    co_return;
  }
  ++tally.outcome.files_done;
  place.forget_records(file);
}

}  // namespace sluice::actors
