#pragma once

#include <vector>

#include "storage/content_validation.hpp"
#include "storage/node_database.hpp"

namespace sluice::storage {

/// What becomes of the good parts of what is damaged.
enum class repair_way : std::uint8_t {
  refetch,     ///< a job fetches what is wrong: what is right waits for it in staging/
  by_operator  ///< somebody puts the files back: damaged ones go to trash, unreadable ones stay
};

struct content_repair {
  /// Pieces of files that are in staging now, proven right: for the journal.
  std::vector<verified_run> right{};
  /// The first thing that could not be taken out of service.
  std::optional<error> failed{};
};

/// The files that would move to staging (repair_way::refetch), each once.
std::vector<model::file_id> files_to_stage(const std::vector<validation_finding>& findings);

/// Takes what a validation found wrong out of service at once, for every content that shares it: a
/// job that adds the content then fetches that and no more.
///
///   damaged file > 1 MiB    to staging/, as an attempt, when it is known which pieces are right
///   other damaged files     to trash
///   manifest, signature     to trash when damaged; the job fetches both
///   damaged layer           to trash, unless the validation wrote it anew
///   another manifest's content than is wanted (refetch only): removed for its distribution point
///
/// The journal must know of no piece of `files_to_stage` before this: records of an earlier
/// attempt would be believed of this one.
/// Crashes: the rename is durable before the caller hears of the pieces; without their record the
/// next start removes the attempt and the file is fetched whole.
[[nodiscard]] io::task<content_repair> take_for_repair(content_library& library,
                                                       model::content_id content,
                                                       std::vector<validation_finding> findings,
                                                       repair_way how);

}  // namespace sluice::storage
