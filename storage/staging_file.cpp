#include "storage/staging_file.hpp"

#include <algorithm>

namespace sluice::storage {

staging_file::staging_file(parts made)
    : parts_(std::move(made)), held_(parts_.layer.size()), recorded_(parts_.layer.size()) {
  SLUICE_CHECK(parts_.layer.size() == hashing::piece_count(parts_.id.size));
}

staging_file::~staging_file() {
  if (parts_.dropped) { parts_.dropped(condemned()); }
}

std::uint64_t staging_file::length_of(std::uint64_t piece) const noexcept {
  const std::uint64_t start = piece * limits::piece_size;
  return std::min(limits::piece_size, model::raw(parts_.id.size) - start);
}

io::task<result<void>> staging_file::take(std::span<const std::byte> block, std::uint64_t offset) {
  const std::uint64_t piece = offset / limits::piece_size;
  SLUICE_CHECK(offset % limits::piece_size == 0 && piece < parts_.layer.size());
  SLUICE_CHECK(block.size() == length_of(piece));
  if (condemned_) { co_return *condemned_; }
  model::digest measured;
  co_await parts_.workers.run(parts_.ring,
                              [&measured, block] { measured = hashing::piece_digest(block); });
  if (measured == parts_.layer[piece]) { co_return result<void>(); }
  held_.remove(piece);  // a write beside this check may have replaced what was there
  co_return error{errc::corrupt, 0, format("verify piece {} of {}", piece, parts_.id.text())};
}

void staging_file::written(std::uint64_t offset, const result<void>& outcome) {
  if (!outcome) {
    condemn(outcome.error());
  } else if (!condemned_) {
    held_.add(offset / limits::piece_size);
  }
}

std::uint64_t staging_file::bytes_held() const noexcept {
  const std::uint64_t last = held_.size() - 1;
  const std::uint64_t short_by = limits::piece_size - length_of(last);
  return held_.count() * limits::piece_size - (held_.has(last) ? short_by : 0);
}

bool staging_file::complete() const noexcept {
  return !condemned_ && held_.count() == held_.size();
}

io::task<result<std::vector<piece_run>>> staging_file::make_durable() {
  co_await syncing_.acquire();
  const piece_set covered = held_;
  auto synced = co_await sync_unless_condemned();
  syncing_.release();
  if (!synced) { condemn(synced.error()); }
  if (condemned_) { co_return *condemned_; }
  std::vector<piece_run> fresh = covered.without(recorded_);
  for (const piece_run& run : fresh) {
    for (std::uint64_t piece = run.first; piece < run.first + run.count; ++piece) {
      recorded_.add(piece);
    }
  }
  co_return fresh;
}

io::task<result<void>> staging_file::sync_unless_condemned() {
  if (condemned_) { co_return *condemned_; }
  auto synced = co_await parts_.target.sync_data();
  co_return synced;
}

void staging_file::condemn(error why) {
  if (!condemned_) { condemned_ = std::move(why); }
  held_.clear();
  recorded_.clear();
}

void staging_file::believe(const piece_run& recorded) {
  const std::uint64_t end = std::min(recorded.first + recorded.count, held_.size());
  for (std::uint64_t piece = recorded.first; piece < end; ++piece) {
    held_.add(piece);
    recorded_.add(piece);
  }
}

io::task<bool> staging_file::is_right_on_disk(std::uint64_t piece, std::span<std::byte> memory) {
  auto length = co_await parts_.target.read(memory, piece * limits::piece_size);
  if (!length || *length < length_of(piece)) { co_return false; }
  const std::span<const std::byte> bytes = memory.first(length_of(piece));
  model::digest measured;
  co_await parts_.workers.run(parts_.ring,
                              [&measured, bytes] { measured = hashing::piece_digest(bytes); });
  co_return measured == parts_.layer[piece];
}

}  // namespace sluice::storage
