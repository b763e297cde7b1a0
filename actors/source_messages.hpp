#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/failure.hpp"
#include "rpc/rpc.hpp"
#include "storage/storage.hpp"

/// What a content source is asked, and answers; as messages.hpp.
namespace sluice::actors {

/// Why a source did not give what it was asked for.
struct source_failure {
  model::source_verdict verdict = model::source_verdict::bad;
  error cause;
  std::string row;              ///< of the lying-source matrix, "X21"; empty: no blame
  std::string what;             ///< one sentence
  std::chrono::seconds rest{};  ///< it is not to be asked for so long: its wish (X4), or quarantine
  bool in_haste = false;        ///< silent for a moment, while another could be asked (Z8)
};
struct probe_content {
  model::content_id content;
};  ///< answers whether it has it
struct fetch_manifest {
  model::content_id content;
  model::digest hash;
  model::byte_count size{};
  bool haste = false;  ///< as of `fetch_page`
};
struct manifest_outcome {
  std::optional<storage::content_facts> facts;
  std::optional<source_failure> failure;
  std::optional<error>
      trouble;  ///< this node failed, or (`invalid`) the site's text is no manifest
};
struct fetch_page {
  model::job_id job;
  std::uint64_t page = 0;  ///< the job's number for it, returned with progress
  model::content_id content;
  std::vector<model::file_id> files;
  bool replace = false;       ///< redistribute: what is there is replaced
  bool count_resumed = true;  ///< what staging holds counts as held (not on a second try)
  bool haste = false;         ///< given up when the source is silent: another can be asked (Z8)
  std::uint32_t sources = 1;  ///< so many may bring a large file side by side
  std::uint64_t helps = 0;    ///< not for itself: parts of the large file that is open in this page
};
/// The pages of this job are to end early; their outcomes still come.
struct stop_pages {
  model::job_id job;
};
/// To the source that is the site's push: from now on connections with this ticket are its own, and
/// those of before are not. `listener` hears when one came.
using push_listener = caf::typed_actor<caf::reacts_to<struct source_gained>>;
struct open_door {
  std::string ticket;
  std::chrono::seconds patience{};  ///< so long a connection may be silent
  push_listener listener;
};
struct connection_taken {};
struct source_back {};   ///< the site says that it is there again: asked at once, whatever was
struct push_awaited {};  ///< time to give up waiting for the first connection

/// Cumulative for one page.
struct page_progress {
  std::uint64_t page = 0;
  std::uint64_t bytes_held = 0;         ///< verified, in staging or in the library
  std::uint64_t bytes_transferred = 0;  ///< content bytes that crossed the network
  std::uint64_t pieces_verified = 0;
  std::uint32_t files_shared = 0;  ///< large files begun that other sources may bring as well
};
struct page_outcome {
  page_progress progress;
  std::uint32_t files_done = 0;
  std::uint32_t bad_pieces = 0;
  std::optional<source_failure> failure;  ///< the page is not complete because the source failed
  std::optional<error> trouble;  ///< ... or because this node did (no space, broken volume)
  bool in_use = false;           ///< another job is writing one of the files: ask again
  bool slow = false;             ///< another source took over from this one
};

}  // namespace sluice::actors
