#pragma once

#include "actors/fetch_tasks.hpp"

namespace sluice::actors {

/// Counts of one page while its files are fetched side by side; shared by its tasks, one reactor
/// thread.
struct page_tally {
  const fetch_place& place;
  const fetch_page& asked;
  page_outcome outcome{};
  std::uint32_t helpers = 0;  ///< other sources that bring parts of its large file just now

  [[nodiscard]] bool stopped() const {
    return outcome.failure || outcome.trouble || place.stop->requested();
  }
  void blame(const http::fetch_failure& failure);
  void fail_here(
      const error& trouble);  ///< `corrupt`, `conflict` and the like find their own place
  void tell() const { place.on_progress(outcome.progress); }
};

/// One file of > 1 MiB: piece layer, then ranges over several connections, then commit. One of more
/// than a range may be brought by other sources as well (`help_with_file`), when the page says so.
io::task<void> fetch_large(page_tally& tally, model::file_id file, recorded_pieces recorded,
                           std::uint32_t lanes);

/// Brings parts of the large file that is open in the page that `asked` helps, until nothing is
/// left to bring. Nothing is counted as held, and nothing is committed: that is the page's.
io::task<page_outcome> help_with_file(fetch_place place, fetch_page asked);

/// A source that sent wrong pieces within its budget did not fail as a whole.
source_failure wrong_pieces(const page_tally& tally);

}  // namespace sluice::actors
