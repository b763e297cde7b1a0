#pragma once

#include "actors/fetch_tasks.hpp"

namespace sluice::actors {

/// Counts of one page while its files are fetched side by side; shared by its tasks, one reactor
/// thread.
struct page_tally {
  const fetch_place& place;
  page_outcome outcome;
  model::content_id content;
  bool replace = false;
  bool count_resumed = true;

  [[nodiscard]] bool stopped() const {
    return outcome.failure || outcome.trouble || place.stop->requested();
  }
  void blame(const http::fetch_failure& failure);
  void fail_here(
      const error& trouble);  ///< `corrupt`, `conflict` and the like find their own place
  void tell() const { place.on_progress(outcome.progress); }
};

/// One file of > 1 MiB: piece layer, then ranges over several connections, then commit.
io::task<void> fetch_large(page_tally& tally, model::file_id file, recorded_pieces recorded,
                           std::uint32_t lanes);

}  // namespace sluice::actors
