#include "http/open_files.hpp"

#include <algorithm>

namespace sluice::http {

namespace {

/// The last link to a large file may be gone: then closing frees its blocks, which takes the ring's
/// time and not ours.
io::task<void> close_later(std::unique_ptr<served_file> last) {
  co_await last->cached.close();
  co_await last->direct.close();
}

open_files::shared_file share(io::reactor& ring) {
  return {new served_file, [&ring](served_file* unused) {
            ring.start(close_later(std::unique_ptr<served_file>(unused)));
          }};
}

}  // namespace

bool served_file::take_cold(std::uint64_t length, std::uint64_t size,
                            std::chrono::nanoseconds now) noexcept {
  if (now - cold_since > limits::asked_again_window) { cold_bytes = 0; }
  if (cold_bytes == 0) { cold_since = now; }
  cold_bytes += length;
  return cold_bytes <= size;
}

open_files::open_files(io::reactor& ring, const storage::library_reader& library,
                       std::shared_ptr<const storage::content_catalogue> catalogue)
    : ring_(ring), library_(library), catalogue_(std::move(catalogue)) {
  sweeping_.due = [this] { sweep(); };
}

open_files::~open_files() { forget_all(); }

void open_files::forget_all() noexcept {
  open_.clear();
  ring_.disarm(sweeping_);
}

void open_files::look_at_catalogue() {
  const std::uint64_t revision = catalogue_->revision();
  if (revision == revision_) { return; }
  revision_ = revision;
  open_.clear();
}

/// Also when nobody asks for anything: who waits for space waits for these.
void open_files::sweep() {
  look_at_catalogue();
  const auto now = ring_.now();
  std::erase_if(open_, [&](const auto& kept) {
    return now - kept.second.opened >= limits::open_file_age_max;
  });
  if (!open_.empty()) { ring_.arm(sweeping_, limits::open_file_sweep_interval); }
}

open_files::shared_file open_files::find(const model::file_id& file) {
  look_at_catalogue();
  const auto found = open_.find(file);
  if (found == open_.end()) { return nullptr; }
  if (ring_.now() - found->second.opened > limits::open_file_age_max) { return nullptr; }
  found->second.used = ++uses_;
  return found->second.file;
}

void open_files::make_room() {
  if (open_.size() < limits::open_files_max) { return; }
  open_.erase(std::min_element(open_.begin(), open_.end(), [](const auto& left, const auto& right) {
    return left.second.used < right.second.used;
  }));
}

io::task<result<open_files::shared_file>> open_files::get(model::file_id file) {
  using outcome = result<shared_file>;
  if (auto kept = find(file)) { co_return outcome(std::move(kept)); }
  const std::uint64_t revision = revision_;
  auto opened = co_await library_.open_file(file);
  if (!opened) {
    open_.erase(file);
    co_return outcome(opened.error());
  }
  shared_file shared = share(ring_);
  shared->cached = std::move(*opened);
  if (model::raw(file.size) >= limits::cold_bytes_min) {
    auto direct = co_await library_.open_file(file, true);
    if (direct) { shared->direct = std::move(*direct); }
  }
  if (revision != revision_ || revision != catalogue_->revision()) { co_return outcome(shared); }
  if (const auto old = open_.find(file); old != open_.end()) {
    shared->cold_bytes = old->second.file->cold_bytes;
    shared->cold_since = old->second.file->cold_since;
  } else {
    make_room();
  }
  if (open_.empty()) { ring_.arm(sweeping_, limits::open_file_sweep_interval); }
  open_.insert_or_assign(file, entry{shared, ring_.now(), ++uses_});
  co_return outcome(std::move(shared));
}

}  // namespace sluice::http
