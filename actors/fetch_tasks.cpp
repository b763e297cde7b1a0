#include "actors/fetch_tasks.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "actors/fetch_large.hpp"

namespace sluice::actors {

namespace {

bool is_small(const model::file_id& file) { return model::raw(file.size) <= limits::piece_size; }

/// The small files of a page in one piece of memory: at most a batch and one file, in whole blocks.
struct small_batch {
  std::vector<model::file_id> files;
  std::vector<std::size_t> starts;
  io::bundle_memory memory;
  std::vector<bool> arrived;
};

small_batch make_batch(const std::vector<model::file_id>& files) {
  small_batch batch;
  std::size_t size = 0;
  for (const model::file_id& file : files) {
    if (!is_small(file)) { continue; }
    batch.files.push_back(file);
    batch.starts.push_back(size);
    size += io::bundled_size(model::raw(file.size));
  }
  batch.memory = io::bundle_memory(size);
  batch.arrived.resize(batch.files.size(), false);
  return batch;
}

io::task<void> commit_arrived(page_tally& tally, small_batch& batch) {
  std::vector<storage::content_library::small_file> ready;
  for (std::size_t i = 0; i < batch.files.size(); ++i) {
    if (!batch.arrived[i]) { continue; }
    const std::span<const std::byte> all(batch.memory.bytes());
    ready.push_back(
        {batch.files[i], all.subspan(batch.starts[i], model::raw(batch.files[i].size))});
  }
  if (ready.empty()) { co_return; }
  const auto how = tally.asked.replace ? io::on_existing::replace : io::on_existing::keep;
  auto outcomes = co_await tally.place.parts.library->commit_small(ready, how);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    page_outcome& page = tally.outcome;
    if (!outcomes[i]) {
      ++page.files_done;
      ++page.progress.pieces_verified;
      page.progress.bytes_held += model::raw(ready[i].id.size);
    } else if (outcomes[i]->code == errc::corrupt) {
      ++page.bad_pieces;
    } else {
      tally.fail_here(*outcomes[i]);
    }
  }
  tally.tell();
}

/// All small files of the page: requests sent ahead on one connection, one batch into the library.
io::task<void> fetch_small(page_tally& tally, small_batch& batch) {
  if (batch.files.empty()) { co_return; }
  std::vector<http::source_client::small_request> requests;
  for (const model::file_id& file : batch.files) {
    requests.push_back({http::file_target(tally.asked.content, file), model::raw(file.size)});
  }
  const auto take = [&batch, &tally](std::size_t i, std::span<const std::byte> bytes) {
    SLUICE_CHECK(bytes.size() == model::raw(batch.files[i].size));
    std::memcpy(batch.memory.bytes().data() + batch.starts[i], bytes.data(), bytes.size());
    batch.arrived[i] = true;
    tally.outcome.progress.bytes_transferred += bytes.size();
  };
  auto failures =
      co_await tally.place.client->fetch_many(std::move(requests), take, tally.place.stop);
  for (const auto& failure : failures) {
    if (failure) { tally.blame(*failure); }
  }
  co_await commit_arrived(tally, batch);
}

struct large_queue {
  std::vector<model::file_id> files;
  std::size_t next = 0;
  const recorded_pieces& recorded;
  std::uint32_t lanes = 1;
};

io::task<void> work_through(page_tally& tally, large_queue& queue) {
  while (queue.next < queue.files.size() && !tally.stopped()) {
    const model::file_id file = queue.files[queue.next++];
    recorded_pieces runs;
    std::copy_if(queue.recorded.begin(), queue.recorded.end(), std::back_inserter(runs),
                 [&](const storage::verified_run& run) { return run.file == file; });
    co_await fetch_large(tally, file, std::move(runs), queue.lanes);
  }
}

/// Large files: the big ones one after another over several lanes, the others side by side.
io::task<void> fetch_all_large(page_tally& tally, large_queue& queue) {
  const bool big = std::any_of(queue.files.begin(), queue.files.end(), [](const auto& file) {
    return model::raw(file.size) > limits::range_per_message;
  });
  constexpr std::uint32_t lanes_max = limits::http_connections_per_source - 1;
  queue.lanes = big ? lanes_max : 1;
  io::task_group group;
  for (std::uint32_t worker = 0; worker < (big ? 1 : lanes_max); ++worker) {
    group.start(work_through(tally, queue));
  }
  co_await group.wait_all();
}

/// Wrong bytes within the budget are no failure of the whole source, but they are told, also when
/// another source has healed them.
void conclude(page_tally& tally, std::size_t files_asked) {
  page_outcome& page = tally.outcome;
  if (page.failure) { return; }
  if (page.bad_pieces == 0) {
    if (page.files_done == files_asked || page.trouble || page.in_use) { return; }
    page.failure = source_failure{model::source_verdict::bad,
                                  {errc::cancelled, 0, "fetch files: the job was stopped"},
                                  "",
                                  "was stopped"};
    return;
  }
  page.failure = wrong_pieces(tally);
}

/// Gives up what is under way when the source is silent for long, while another of its priority
/// could be asked (Z8). Watches nothing unless `haste`.
class silence_watch {
public:
  /// From now on `place.stop` is this watch's, and follows the one that was there.
  silence_watch(fetch_place& place, bool haste, const std::uint32_t* helpers = nullptr)
      : place_(place), helpers_(helpers) {
    if (!haste) { return; }
    auto made = io::make_ticket(*place.parts.ring);
    ticket_ = std::move(made.first);
    follows_ = place.stop->on_request([this] { ticket_.cancel(); });
    given_ = std::exchange(place.stop, std::move(made.second));
    look_.due = [this] { look(); };
    place.parts.ring->arm(look_, interval);
  }
  silence_watch(const silence_watch&) = delete;
  silence_watch& operator=(const silence_watch&) = delete;
  ~silence_watch() {
    ticket_.release();
    place_.parts.ring->disarm(look_);
  }

  /// In place of `failure`, which is what its own stop made of it.
  void explain(std::optional<source_failure>& failure) const {
    if (!fired_ || !failure || failure->cause.code != errc::cancelled) { return; }
    failure = source_failure{model::source_verdict::untried,
                             {errc::timed_out, 0, failure->cause.doing},
                             "",
                             format("was silent for {} s, and another could be asked",
                                    limits::source_silence_max.count())};
    failure->in_haste = true;
  }

private:
  static constexpr std::chrono::nanoseconds interval =
      std::chrono::nanoseconds(limits::source_silence_max) / 4;

  void look() {
    const bool helped = helpers_ != nullptr && *helpers_ > 0;
    if (helped || place_.client->silent_for() < limits::source_silence_max) {
      return place_.parts.ring->arm(look_, interval);
    }
    fired_ = true;
    ticket_.cancel();
  }

  fetch_place& place_;
  const std::uint32_t* helpers_;
  std::shared_ptr<io::cancellation> given_;
  io::ticket ticket_;
  io::cancellation::registration follows_;
  io::reactor::timer look_;
  bool fired_ = false;
};

/// The version that a staged manifest says it is of, when that is a former one of what was asked
/// for (X24).
io::task<std::optional<std::uint32_t>> former_version(io::file* staged, model::content_id asked) {
  std::array<std::byte, 256> bytes{};  // more than the lines in question may have
  auto got = co_await staged->read(bytes, 0);
  std::optional<std::uint32_t> former;
  if (got) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), *got);
    const auto named = model::content_of_manifest(text);
    if (named && named->package == asked.package && named->version < asked.version) {
      former = named->version;
    }
  }
  co_return former;
}

source_failure wrong_manifest(const error& cause, std::optional<std::uint32_t> former) {
  if (!former) {
    return {model::source_verdict::bad, cause, "X21", "sent a manifest that is not the site's", {}};
  }
  return {model::source_verdict::bad,
          cause,
          "X24",
          format("sent the manifest of version {}, a former one", *former),
          {}};
}

}  // namespace

source_failure wrong_pieces(const page_tally& tally) {
  const std::uint32_t count = tally.outcome.bad_pieces;
  return {model::source_verdict::bad,
          {errc::corrupt, 0, format("fetch files of {}", tally.asked.content.text())},
          "X21",
          format("sent {} piece{} with wrong bytes", count, count == 1 ? "" : "s")};
}

source_failure to_source_failure(const http::fetch_failure& failure) {
  source_failure made;
  made.verdict = failure.cause.code == errc::not_found ? model::source_verdict::lacks
                                                       : model::source_verdict::bad;
  made.cause = failure.cause;
  made.row = failure.fault.row;
  made.what = failure.fault.what.empty() ? describe(failure.cause) : failure.fault.what;
  made.rest = failure.retry_after.value_or(std::chrono::seconds(0));
  return made;
}

io::task<page_outcome> fetch_page_task(fetch_place place, fetch_page asked,
                                       recorded_pieces recorded) {
  if (asked.helps != 0) {
    auto helped = co_await help_with_file(place, asked);
    co_return helped;
  }
  page_tally tally{place, asked};
  tally.outcome.progress.page = asked.page;
  const silence_watch watch(place, asked.haste, &tally.helpers);
  small_batch small = make_batch(asked.files);
  large_queue large{{}, 0, recorded};
  for (const model::file_id& file : asked.files) {
    if (!is_small(file)) { large.files.push_back(file); }
  }
  io::task_group group;
  group.start(fetch_small(tally, small));
  group.start(fetch_all_large(tally, large));
  ++*place.parts.pages_moving;
  co_await group.wait_all();
  --*place.parts.pages_moving;
  conclude(tally, asked.files.size());
  watch.explain(tally.outcome.failure);
  co_return std::move(tally.outcome);
}

io::task<manifest_outcome> fetch_manifest_task(fetch_place place, fetch_manifest asked) {
  manifest_outcome outcome;
  storage::content_library& library = *place.parts.library;
  const silence_watch watch(place, asked.haste);
  auto signature = co_await place.client->fetch(http::signature_target(asked.content), std::nullopt,
                                                limits::kib, place.stop);
  if (signature.failure) {
    outcome.failure = to_source_failure(*signature.failure);
    watch.explain(outcome.failure);
    co_return outcome;
  }
  auto staged = co_await library.stage_manifest(asked.content);
  if (!staged) {
    outcome.trouble = staged.error();
    co_return outcome;
  }
  auto fetched = co_await place.client->fetch_to_file(http::manifest_target(asked.content),
                                                      model::raw(asked.size), *staged, place.stop);
  auto former = co_await former_version(&*staged, asked.content);
  co_await staged->close();
  outcome.trouble = fetched.trouble;
  if (fetched.failure) { outcome.failure = to_source_failure(*fetched.failure); }
  watch.explain(outcome.failure);
  if (fetched.failure || fetched.trouble) { co_return outcome; }
  std::string text(signature.bytes.size(), '\0');
  std::memcpy(text.data(), signature.bytes.data(), text.size());
  auto facts = co_await library.verify_manifest(asked.content, asked.hash, asked.size, text);
  if (facts) {
    outcome.facts = *facts;
  } else if (facts.error().code == errc::corrupt) {
    outcome.failure = wrong_manifest(facts.error(), former);
  } else {
    outcome.trouble = facts.error();
  }
  co_return outcome;
}

io::task<bool> probe_task(fetch_place place, model::content_id content) {
  auto failure = co_await place.client->probe(http::manifest_target(content));
  co_return !failure.has_value();
}

}  // namespace sluice::actors
