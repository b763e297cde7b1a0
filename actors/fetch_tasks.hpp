#pragma once

#include "actors/messages.hpp"
#include "actors/node_parts.hpp"

/// What a content source does on the reactor: plain coroutines between the HTTP client and the
/// content library. Outcomes are values; nothing here knows an actor.
namespace sluice::actors {

/// Where a fetch works. Everything outlives the task.
struct fetch_place {
  node_parts parts;
  std::shared_ptr<http::source_client> client;
  std::shared_ptr<io::cancellation> stop;
  std::function<void(page_progress)> on_progress;  ///< reactor thread; cheap
  std::function<void(std::vector<storage::verified_run>)> on_durable;
  std::function<void(model::file_id)> forget_records;  ///< committed, or of an attempt that is gone
};

/// Steps 6 and 7 for the manifest: fetched to staging, checked against the site's hash and
/// signature.
io::task<manifest_outcome> fetch_manifest_task(fetch_place place, fetch_manifest asked);

/// Files of one page: small ones pipelined and committed in one batch, large ones range by range,
/// resumed from `recorded`. Returns after everything it started has ended; what is verified stays,
/// also when it fails.
io::task<page_outcome> fetch_page_task(fetch_place place, fetch_page asked,
                                       recorded_pieces recorded);

/// True when the source has the content.
io::task<bool> probe_task(fetch_place place, model::content_id content);

/// A client's failure as the job sees it.
source_failure to_source_failure(const http::fetch_failure& failure);

}  // namespace sluice::actors
