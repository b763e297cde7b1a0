#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/content_library.hpp"
#include "storage/piece_set.hpp"

namespace sluice::storage {

/// What a validation found wrong.
enum class finding_kind : std::uint8_t {
  content_missing,    ///< no record of it here, or of another manifest than asked for
  manifest_missing,   ///< the record is there, the manifest is not
  manifest_damaged,   ///< not the bytes that the record names, or they cannot be read
  signature_damaged,  ///< gone, or not the site's word for this manifest
  file_missing,       ///< the manifest names it and it is not there
  wrong_size,         ///< truncated, or grown
  unreadable,         ///< the disk refuses: `pieces` which ones, of a file > 1 MiB
  wrong_bytes,        ///< `pieces` which ones, of a file > 1 MiB whose piece layer is right
  layer_missing,      ///< the file was proven against its root instead
  layer_damaged,      ///< the same
};

/// "file_missing", as printed in --json.
std::string_view name_of(finding_kind kind) noexcept;

/// Nothing is there that could be taken out of service.
constexpr bool is_missing(finding_kind kind) noexcept {
  return kind == finding_kind::content_missing || kind == finding_kind::manifest_missing ||
         kind == finding_kind::file_missing;
}

/// One thing that is wrong; a file may have several.
struct validation_finding {
  finding_kind kind = finding_kind::content_missing;
  model::file_id file{};            ///< of the last six kinds
  std::string path{};               ///< one of those that the manifest gives it
  std::vector<piece_run> pieces{};  ///< the first `limits::validation_runs_per_finding_max` runs
  std::uint64_t pieces_count = 0;   ///< all of them
  error cause{};
  bool repaired = false;  ///< a piece layer that was written anew (`repair_layers`)
};

struct validation_progress {
  std::uint64_t files = 0;  ///< distinct ones, done; `bytes` are theirs, also of those that are bad
  std::uint64_t files_total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t findings = 0;
};

struct validation_report {
  validation_progress done;
  /// At most `limits::validation_findings_max`: what is damaged goes before what is missing.
  std::vector<validation_finding> findings;
  std::uint64_t missing = 0;          ///< of `done.findings`: see `is_missing`
  bool stopped = false;               ///< by `validation_hooks::stop`
  std::uint64_t repaired = 0;         ///< of the findings
  std::uint64_t pieces_repaired = 0;  ///< of the files whose layers were written anew
  /// Everything was looked at, and everything is right now. An empty content is valid (J10).
  [[nodiscard]] bool valid() const noexcept { return done.findings == repaired && !stopped; }
};

struct validation_request {
  model::content_id content;
  /// What the site says its manifest hashes to; nothing: what the library's record says.
  std::optional<model::digest> manifest_hash{};
  model::validation_priority priority = model::validation_priority_default;
  /// A piece layer that is missing or damaged is written anew once its file is proven without it.
  bool repair_layers = false;
};

/// All may be empty; called on the library's reactor.
struct validation_hooks {
  /// A few times a second at most, and at the end.
  std::function<void(const validation_progress&)> progress{};
  /// True while content is being served or pulled: asked before every block, and while it waits.
  std::function<bool()> busy{};
  std::shared_ptr<io::cancellation> stop{};
};

/// Proves a content (J4-J6): its manifest against the record, then every distinct file that the
/// manifest names against its digest, once, piece by piece where there are pieces. Reads past the
/// page cache, at the power that the priority and the moment allow (model/validation_power.hpp).
///
/// Changes nothing, but with `repair_layers`. The content may be added to, healed or served
/// meanwhile; when it is removed meanwhile the outcome is `conflict`. What is wrong is told in the
/// report, not as an error. Memory: 48 bytes per entry of the manifest, its text while it is
/// checked, the piece layer of two files, `validation_power::blocks` buffers, and the findings.
[[nodiscard]] io::task<result<validation_report>> validate_content(content_library& library,
                                                                   validation_request request,
                                                                   validation_hooks hooks);

}  // namespace sluice::storage
