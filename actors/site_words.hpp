#pragma once

#include "actors/site_messages.hpp"

/// What the site says of its distributions, as status messages (features M). Pure.
namespace sluice::actors {

/// A report changed the row of a distribution from one to the other.
[[nodiscard]] std::vector<site_message> words_of(const storage::site_distribution& before,
                                                 const storage::site_distribution& after);

/// One 3306 for each setting of a distribution point that an operator changed; `before` is nothing
/// for a new one.
[[nodiscard]] std::vector<site_message> words_of(
    const std::optional<model::distribution_point_row>& before,
    const model::distribution_point_row& after, const std::string& admin);

/// The same for the members of a group; `before` is nothing for a new one.
[[nodiscard]] std::vector<site_message> words_of(const std::optional<model::group_row>& before,
                                                 const model::group_row& after,
                                                 const std::string& admin);
/// The same for a package.
[[nodiscard]] std::vector<site_message> words_of(const model::package_row& before,
                                                 const model::package_row& after,
                                                 const std::string& admin);

/// The same for the site's own settings.
[[nodiscard]] std::vector<site_message> words_of(const site_policy& before,
                                                 const site_policy& after);

/// In this order: those of the site, of the distribution point, and of its host (A15).
std::vector<model::setting_row> effective_settings(const std::vector<model::setting_row>& site,
                                                   const model::distribution_point_row& point,
                                                   const std::vector<model::setting_row>& host);

}  // namespace sluice::actors
