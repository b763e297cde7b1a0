#pragma once

#include "actors/tracking_messages.hpp"
#include "rpc/rpc.hpp"
#include "storage/storage.hpp"

/// Where a distribution goes, as questions to the site database.
namespace sluice::actors {

/// Of distribution points and groups together, each once. `not_found`: an unknown group; an unknown
/// distribution point is among the names all the same.
result<std::vector<std::string>> names_of(storage::site_database& database,
                                          const rpc::distribute_request& wish);

/// B22: a target none of whose sources holds or will get the package would wait for ever.
result<bool> has_source(storage::site_database& database, const model::package_row& package,
                        const model::distribution_point_row& point);

/// Adds the first source of each target that would wait for ever, and of these in turn: rings are
/// refused when sources are set, so this ends.
result<void> add_sources(storage::site_database& database, const model::package_row& package,
                         std::vector<std::string>& names);

/// B22: each of `answer.started` that would wait for ever. Those of `names` get the package
/// together.
result<void> warn_of_sources(storage::site_database& database, const model::package_row& package,
                             const std::vector<std::string>& names, rpc::distribute_answer& answer);

/// Where the site brings the content itself: it is the one source then, and has what it adds.
bool push_instead(distribution_facts& facts, const model::distribution_point_row& point,
                  const storage::site_distribution& target, const std::string& site);

/// The sources that `changed` would have: known ones, and no ring (D2).
result<void> check_sources(storage::site_database& database,
                           const model::distribution_point_row& changed);

/// A11: all that was sent there is to be removed; those are to be told. Empty: nothing was.
result<std::vector<model::package_id>> begin_leaving(storage::site_database& database,
                                                     model::distribution_point_row row,
                                                     std::uint32_t tries);
/// Forgets a distribution point that is leaving, once nothing of it is left.
result<void> forget_if_left(storage::site_database& database, const std::string& name);

/// Those named, or all that the package is sent to.
result<std::vector<std::string>> targets_of(storage::site_database& database,
                                            const rpc::cancel_request& request);

}  // namespace sluice::actors
