#include "storage/content_validation.hpp"

#include <algorithm>
#include <array>

#include "storage/validation_run.hpp"

namespace sluice::storage {

namespace {

constexpr auto progress_interval = std::chrono::milliseconds(250);
/// A cancellation or the end of a busy time is noticed after this.
constexpr std::chrono::nanoseconds nap_max = std::chrono::milliseconds(50);

constexpr std::array<std::string_view, 10> kind_names{
    "content_missing", "manifest_missing", "manifest_damaged", "signature_damaged",
    "file_missing",    "wrong_size",       "unreadable",       "wrong_bytes",
    "layer_missing",   "layer_damaged"};

/// What one buffer is used for.
struct block {
  std::shared_ptr<large_check> large{};  ///< `first` is its piece; else files from `first` on
  std::size_t first = 0;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};

bool is_stopped(const validation_run& run) {
  return run.hooks.stop != nullptr && run.hooks.stop->requested();
}

void tell(validation_run& run, bool at_once) {
  if (!run.hooks.progress) { return; }
  const auto now = run.library.ring.now();
  if (!at_once && now - run.told < progress_interval) { return; }
  run.told = now;
  run.hooks.progress(run.report.done);
}

model::validation_power power_now(const validation_run& run) {
  return model::power_of(run.request.priority, run.hooks.busy && run.hooks.busy());
}

/// Waits until another block may begin; false: no more may.
io::task<bool> wait_for_turn(validation_run& run) {
  while (!is_stopped(run)) {
    const model::validation_power power = power_now(run);
    if (run.blocks >= power.blocks) {
      run.landed.clear();
      co_await run.landed.wait();
      continue;
    }
    const auto left = run.due - run.library.ring.now();
    if (power.bytes_per_second == 0 || left.count() <= 0) { co_return true; }
    co_await run.library.ring.sleep_for(std::min(left, nap_max));
  }
  co_return false;
}

io::task<void> run_block(validation_run& run, block work) {
  if (work.large) {
    co_await check_piece(run, std::move(work.large), work.first);
  } else {
    co_await check_small(run, work.first, work.count);
  }
  --run.blocks;
  run.landed.set();
  tell(run, false);
}

/// The block after the last one given out; nothing at the end.
io::task<std::optional<block>> next_block(validation_run& run) {
  while (!run.large && run.next < run.files.size() &&
         hashing::piece_count(run.files[run.next].file.size) > 0) {
    run.large = co_await open_large(run, run.files[run.next++]);
  }
  block made;
  if (run.large) {
    made.large = run.large;
    made.first = run.large->next++;
    made.bytes = limits::piece_size;
    if (run.large->next == run.large->wrong.size()) { run.large = nullptr; }
    co_return made;
  }
  if (run.next == run.files.size()) { co_return std::nullopt; }
  made.first = run.next;
  made.count = fitting(run.files, run.next);
  for (std::size_t i = 0; i < made.count; ++i) {
    made.bytes += model::raw(run.files[run.next + i].file.size);
  }
  run.next += made.count;
  co_return made;
}

io::task<void> check_files(validation_run& run) {
  io::task_group group;
  while (true) {
    const bool may = co_await wait_for_turn(run);
    if (!may) {
      run.report.stopped = true;
      break;
    }
    auto work = co_await next_block(run);
    if (!work) { break; }
    run.due = model::next_due(run.due, run.library.ring.now(), work->bytes,
                              power_now(run).bytes_per_second);
    ++run.blocks;
    group.start(run_block(run, std::move(*work)));
  }
  co_await group.wait_all();
  if (run.large) { co_await run.large->from.close(); }
}

}  // namespace

std::string_view name_of(finding_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}

void add_finding(validation_run& run, const listed_file& listed, validation_finding found) {
  validation_report& report = run.report;
  const bool missing = is_missing(found.kind);
  ++report.done.findings;
  if (missing) { ++report.missing; }
  found.file = listed.file;
  if (report.findings.size() < limits::validation_findings_max) {
    report.findings.push_back(std::move(found));
    run.lines.push_back(listed.line);
    return;
  }
  if (missing) { return; }
  const auto is_one = [](const validation_finding& each) { return is_missing(each.kind); };
  const auto last = std::ranges::find_if(report.findings.rbegin(), report.findings.rend(), is_one);
  const auto first = std::ranges::find_if(report.findings, is_one);
  if (last == report.findings.rend() || first == std::prev(last.base())) { return; }
  const auto at = std::distance(report.findings.begin(), last.base()) - 1;
  report.findings[static_cast<std::size_t>(at)] = std::move(found);
  run.lines[static_cast<std::size_t>(at)] = listed.line;
}

void count_done(validation_run& run, std::uint64_t files, std::uint64_t bytes) {
  run.report.done.files += files;
  run.report.done.bytes += bytes;
}

std::chrono::nanoseconds pause_after(const validation_run& run, std::uint64_t bytes) {
  return model::next_due({}, {}, bytes, power_now(run).bytes_per_second) / 2;
}

io::turn_at_disk turn_of(const validation_run& run) {
  const model::validation_power power = model::power_of(run.request.priority, false);
  const bool idle = power.turn == model::disk_turn::idle;
  return {idle ? io::disk_class::idle : io::disk_class::best_effort, power.disk_level};
}

io::task<result<validation_report>> validate_content(content_library& library,
                                                     validation_request request,
                                                     validation_hooks hooks) {
  validation_run run{library.inside(), std::move(request), std::move(hooks)};
  const auto before = run.library.catalogue->find(run.request.content);
  const bool listed = co_await list_files(run);
  if (listed) {
    co_await check_files(run);
    co_await name_findings(run);
  }
  const auto after = run.library.catalogue->find(run.request.content);
  if (before && (!after || after->manifest_hash != before->manifest_hash)) {
    co_return error{errc::conflict, 0,
                    format("validate {}: it was removed meanwhile", run.request.content.text())};
  }
  tell(run, true);
  co_return std::move(run.report);
}

}  // namespace sluice::storage
