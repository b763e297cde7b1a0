#include "actors/fetch_large.hpp"

#include <algorithm>

#include "actors/file_race.hpp"

namespace sluice::actors {

namespace {

constexpr std::uint32_t lanes_of_several = 2;  ///< of each source, when several bring a file
/// So often a source with nothing left to bring looks whether to take over from a slower one.
constexpr auto look_interval = std::chrono::milliseconds(20);

}  // namespace

/// One large file under way: what those share that bring it.
struct large_transfer {
  page_tally& page;
  storage::staging_file& staged;
  std::uint32_t sources;  ///< that may take part
  std::uint32_t lanes;    ///< of each source
  file_race race;
  std::map<std::uint64_t, io::ticket> cuts;  ///< of the ranges under way
  io::event changed;                         ///< a range ended, or it is time to look again
  io::reactor::timer look;
  std::uint64_t unrecorded = 0;  ///< bytes held that the journal does not know of yet
  std::uint64_t held_told = 0;   ///< bytes of this file in the page's progress
  bool recording = false;
  io::task_group recordings;

  large_transfer(page_tally& of, storage::staging_file& into, std::uint32_t lane_count)
      : page(of),
        staged(into),
        sources(is_large() ? of.asked.sources : 1),
        lanes(sources > 1 ? lanes_of_several : lane_count),
        race(into.held(), into.id().size, sources > 1 ? lanes * sources : 1) {
    look.due = [this] { changed.set(); };
  }
  large_transfer(const large_transfer&) = delete;
  large_transfer& operator=(const large_transfer&) = delete;
  ~large_transfer() { page.place.parts.ring->disarm(look); }

  /// More than a range: recorded as it comes, and brought by several where there are several.
  [[nodiscard]] bool is_large() const {
    return model::raw(staged.id().size) > limits::range_per_message;
  }
  /// Of each lane, of those that take part just now.
  [[nodiscard]] std::uint32_t buffers() const {
    return std::max(1U, limits::buffers_per_moving_job_max / (lanes * (1 + page.helpers)));
  }
  void cut(std::uint64_t range) { cuts.at(range).cancel(); }
};

namespace {

void tell_progress(large_transfer& transfer) {
  const std::uint64_t held = transfer.staged.bytes_held();
  transfer.page.outcome.progress.bytes_held += held - transfer.held_told;
  transfer.held_told = held;
  transfer.page.tell();
}

/// fdatasync, then the journal: bytes before promises.
io::task<void> record_durable(large_transfer& transfer) {
  transfer.recording = true;
  transfer.unrecorded = 0;
  auto runs = co_await transfer.staged.make_durable();
  transfer.recording = false;
  if (!runs) {
    transfer.page.fail_here(runs.error());
    co_return;
  }
  std::vector<storage::verified_run> verified;
  for (const auto& run : *runs) {
    verified.push_back({transfer.staged.id(), run.first, run.count});
  }
  if (!verified.empty()) { transfer.page.place.on_durable(std::move(verified)); }
}

/// Counts what a range brought, whatever ended it.
void account(large_transfer& transfer, page_tally& tally, bool given_up,
             const http::source_client::range_outcome& outcome) {
  page_outcome& page = tally.outcome;
  page.progress.bytes_transferred += outcome.report.bytes_received;
  page.progress.pieces_verified += outcome.report.written.size();
  page.bad_pieces += static_cast<std::uint32_t>(outcome.report.refused.size());
  page.slow = page.slow || given_up;
  transfer.unrecorded += outcome.report.written.size() * limits::piece_size;
  tell_progress(transfer);
  if (&tally != &transfer.page) { tally.tell(); }
  if (outcome.failure && !given_up) { tally.blame(*outcome.failure); }
  if (outcome.report.stopped_here) { transfer.page.fail_here(*outcome.report.stopped); }
}

io::task<void> bring(large_transfer& transfer, page_tally& tally, file_race::range range) {
  const fetch_place& place = tally.place;
  io::ingest_request request;
  request.offset = range.offset;
  request.length = range.length;
  request.buffers_max = transfer.buffers();
  auto made = io::make_ticket(*place.parts.ring);
  transfer.cuts.emplace(range.number, std::move(made.first));
  const auto cut = [&transfer, number = range.number] { transfer.cut(number); };
  const auto with_its_source = place.stop->on_request(cut);
  const auto with_the_page = transfer.page.place.stop->on_request(cut);
  auto outcome = co_await place.client->fetch_range(
      http::file_target(tally.asked.content, transfer.staged.id()),
      model::raw(transfer.staged.id().size), request, *place.parts.buffers,
      transfer.staged.target(), transfer.staged, made.second);
  const bool given_up = transfer.race.is_given_up(range.number);
  transfer.race.settle(range.number, place.parts.ring->now());
  transfer.cuts.extract(range.number).mapped().release();
  account(transfer, tally, given_up, outcome);
  if (transfer.is_large() && !transfer.recording && transfer.unrecorded > 0) {
    transfer.recordings.start(record_durable(transfer));
  }
  transfer.changed.set();
}

/// The source failed, or the page is over: a page whose own source failed may go on with others.
bool is_over(const large_transfer& transfer, const page_tally& tally) {
  const page_outcome& page = transfer.page.outcome;
  return tally.stopped() || page.trouble || page.in_use || transfer.page.place.stop->requested();
}

/// Takes range after range until the file is covered or something fails.
io::task<void> run_lane(large_transfer& transfer, page_tally& tally, file_race::source who) {
  io::reactor& ring = *tally.place.parts.ring;
  while (!is_over(transfer, tally)) {
    const auto range = transfer.race.take(who, ring.now());
    if (range) {
      co_await bring(transfer, tally, *range);
      continue;
    }
    if (!transfer.race.others_bring(who)) { break; }
    const auto slow = transfer.race.take_over(who, ring.now());
    if (slow) { transfer.cut(*slow); }
    transfer.changed.clear();
    ring.arm(transfer.look, look_interval);
    co_await transfer.changed.wait();
  }
}

io::task<void> run_lanes(large_transfer& transfer, page_tally& tally) {
  const file_race::source who = transfer.race.join();
  io::task_group group;
  for (std::uint32_t lane = 0; lane < transfer.lanes; ++lane) {
    group.start(run_lane(transfer, tally, who));
  }
  co_await group.wait_all();
}

/// Returns when its own source and all that help have ended.
io::task<void> bring_file(large_transfer& transfer) {
  page_tally& page = transfer.page;
  const std::pair name(page.asked.job, page.asked.page);
  shared_files& shared = *page.place.parts.shared;
  if (transfer.sources > 1) {
    shared.emplace(name, &transfer);
    ++page.outcome.progress.files_shared;
  }
  tell_progress(transfer);
  co_await run_lanes(transfer, page);
  while (page.helpers > 0) {
    transfer.changed.clear();
    co_await transfer.changed.wait();
  }
  shared.erase(name);
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
  auto layer_body = co_await place.client->fetch(http::pieces_target(tally.asked.content, file),
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
  if (!tally.asked.count_resumed) { transfer.held_told = (*staged)->bytes_held(); }
  co_await bring_file(transfer);
  if (!(*staged)->complete()) {
    co_await place.parts.library->release_file(std::move(*staged));
    co_return;
  }
  const auto how = tally.asked.replace ? io::on_existing::replace : io::on_existing::keep;
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

io::task<page_outcome> help_with_file(fetch_place place, fetch_page asked) {
  page_tally tally{place, asked};
  tally.outcome.progress.page = asked.page;
  const auto found = place.parts.shared->find({asked.job, asked.helps});
  if (found == place.parts.shared->end()) { co_return std::move(tally.outcome); }
  large_transfer& transfer = *found->second;
  ++transfer.page.helpers;
  co_await run_lanes(transfer, tally);
  --transfer.page.helpers;
  transfer.changed.set();
  if (!tally.outcome.failure && tally.outcome.bad_pieces > 0) {
    tally.outcome.failure = wrong_pieces(tally);
  }
  co_return std::move(tally.outcome);
}

}  // namespace sluice::actors
