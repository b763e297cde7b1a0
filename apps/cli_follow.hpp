#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/cli_session.hpp"
#include "apps/cli_text.hpp"

/// What `status`, `job` and `distribute --wait` show of distributions.
namespace sluice::cli {

result<std::vector<model::distribution_row>> distribution_rows(
    session& now, const std::optional<model::package_id>& package,
    const std::optional<std::string>& distribution_point);

/// The table of `sluice status`, with the buckets counted in its last line.
std::string distribution_table(const world& outside,
                               const std::vector<model::distribution_row>& rows);
/// "PKG00012.1 on dp2: in_progress, 45 %, 1.2 GiB of 2.4 GiB, 512.0 MiB/s, 2s left, from dp1"
std::string distribution_line(const model::distribution_row& row);

/// Remembers what was told, so that a pipe gets a line only when something moved.
class told_lines {
public:
  /// A line for each row that changed its state, reason or source, or went on by ten percent.
  std::string news(const std::vector<model::distribution_row>& rows);

private:
  std::map<std::string, std::string> told_;
};

/// Follows `package` on these distribution points until each is at Success or Failed. Progress goes
/// to the error stream. `timed_out` after `patience`.
result<answer> follow_to_end(session& now, model::package_id package,
                             const std::vector<std::string>& distribution_points,
                             std::optional<std::chrono::seconds> patience);
/// --timeout, when it is given.
result<std::optional<std::chrono::seconds>> patience_of(const invocation& call);

}  // namespace sluice::cli
